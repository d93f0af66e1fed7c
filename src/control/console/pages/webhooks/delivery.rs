//! `/webhooks/{id}/deliveries/{delivery}`: what was sent, and every attempt.

use askama::Template;
use jiff::Timestamp;
use serde_json::Value;

use super::deliveries::{Progress, delivery_page, error_in_words};
use super::guard::{DeliveryId, Manager, Reader};
use super::visible_url::visible_url;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::webhook_page;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Right, replay_delivery, show_delivery, show_webhook};
use crate::control::web::problem::Problem;
use crate::store::{AttemptRecord, DeliveryDetail, DeliveryState};

#[derive(Template)]
#[template(path = "webhook_delivery.html")]
struct Detail<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    found: &'p DeliveryDetail,
    progress: Progress,
    url: String,
    /// Pretty-printed; `None` for staff, and where the event is not kept any more.
    body: Option<String>,
    attempts: Vec<Attempt>,
    /// Sees what was sent and answered.
    sees_content: bool,
    may_replay: bool,
    webhook: String,
    page: String,
}

struct Attempt {
    number: u32,
    at: Timestamp,
    status: Option<u16>,
    millis: u32,
    error: Option<String>,
    excerpt: Option<String>,
}

pub(super) async fn detail(Reader(visit): Reader, id: DeliveryId) -> Answer {
    show(&visit, Form::new(&visit), &id).await
}

async fn show(visit: &Visit, form: Form<'_>, id: &DeliveryId) -> Answer {
    let found = show_delivery(&visit.context(), id.webhook.as_str(), id.delivery.as_str()).await?;
    let webhook = show_webhook(&visit.context(), id.webhook.as_str()).await?;
    let sees_content = visit.standing.may(Right::ManageWebhooks);
    let attempt = |(number, attempt): &(u32, AttemptRecord)| Attempt::new(visit, *number, attempt);
    let body = Detail {
        v: visit,
        form: &form,
        progress: Progress::of(visit, &found.delivery),
        url: visible_url(visit, &webhook),
        body: found.body.as_deref().map(pretty),
        attempts: found.attempts.iter().map(attempt).collect(),
        sees_content,
        may_replay: sees_content && found.delivery.state != DeliveryState::Waiting,
        webhook: visit.url(&webhook_page(&id.webhook)),
        page: visit.url(&delivery_page(&id.webhook, &id.delivery)),
        found: &found,
    };
    let title = visit.t1("webhooks-delivery-of", "event", &found.delivery.event_type);
    visit.show(Page::new(title, &body)?.form(&form))
}

pub(super) async fn replay(Manager(visit): Manager, id: DeliveryId, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match replay_delivery(&visit.write(&posted), id.webhook.as_str(), id.delivery.as_str()).await {
        Ok(()) => {
            visit.state.webhook_wake.notify_one();
            visit.done(&delivery_page(&id.webhook, &id.delivery), "done-webhook-delivery-replayed", "")
        }
        Err(error) => show(&visit, Form::refused(&visit, &posted, Problem::from(error))?, &id).await,
    }
}

impl Attempt {
    fn new(visit: &Visit, number: u32, attempt: &AttemptRecord) -> Self {
        let AttemptRecord { at, status, millis, error, excerpt } = attempt.clone();
        let error = error.map(|error| error_in_words(visit, &error, status));
        Self { number, at, status, millis, error, excerpt }
    }
}

/// JSON with a line for each field, in the order of the text; any other text as it is.
fn pretty(body: &str) -> String {
    let parsed = serde_json::from_str::<Value>(body);
    parsed.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_shown_in_its_order_and_junk_as_it_is() {
        assert_eq!(pretty(r#"{"b":1,"a":{}}"#), "{\n  \"b\": 1,\n  \"a\": {}\n}");
        for junk in ["", "{", "<b>", "{} x"] {
            assert_eq!(pretty(junk), junk);
        }
    }
}
