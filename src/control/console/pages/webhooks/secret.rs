//! The signing secret of a webhook: shown once, replaced, and its overlap ended.

use askama::Template;

use super::detail;
use super::guard::Manager;
use crate::control::Sentence;
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::webhook_page;
use crate::control::console::pages::url_params::{Id, word};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Invalid, NewWebhookSecret, Outcome, end_previous_secret, renew_secret, show_webhook};
use crate::control::web::problem::Problem;
use crate::store::WebhookRecord;

/// Whether the present secret stops at once.
const STOPS: [(&str, bool); 2] = [("day", false), ("now", true)];

#[derive(Template)]
#[template(path = "webhook_secret.html")]
struct Shown<'p> {
    v: &'p Visit,
    heading: String,
    webhook: &'p WebhookRecord,
    secret: &'p str,
    next: String,
}

/// Asks when the present secret stops.
#[derive(Template)]
#[template(path = "webhook_renew.html")]
struct Ask<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    webhook: &'p WebhookRecord,
    stops: Field,
    page: String,
}

/// Answers the POST that made the secret. `heading` is a message.
pub(super) fn reveal(visit: &Visit, webhook: &WebhookRecord, secret: &str, heading: &str) -> Answer {
    let (page, heading) = (webhook_page(&webhook.id), visit.t(heading));
    let body = Shown { v: visit, heading: heading.clone(), webhook, secret, next: visit.url(&page) };
    visit.show(Page::new(heading, &body)?.secret(page))
}

pub(super) async fn ask(Manager(visit): Manager, Id(id): Id) -> Answer {
    let webhook = show_webhook(&visit.context(), id.as_str()).await?;
    show(&visit, Form::new(&visit), &webhook)
}

fn show(visit: &Visit, form: Form<'_>, webhook: &WebhookRecord) -> Answer {
    let mut form = form.revision(webhook.revision);
    let choices = vec![
        Choice::new("day", visit.t("webhooks-secret-stops-day")),
        Choice::new("now", visit.t("webhooks-secret-stops-now")),
    ];
    let stops = form.radios("stops", "webhooks-secret-stops", choices).preset("day").required();
    let page = visit.url(&webhook_page(&webhook.id));
    let body = Ask { v: visit, form: &form, webhook, stops, page };
    visit.show(Page::new(visit.t("webhooks-secret-new"), &body)?.form(&form))
}

pub(super) async fn renew(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let stops = reader.text("stops");
    reader.finish()?;
    match renew_with(&visit, &posted, id.as_str(), stops).await {
        Ok(outcome) => match visit.fresh(outcome, &webhook_page(&id)) {
            Ok(renewed) => reveal(&visit, &renewed.record, &renewed.secret, "webhooks-secret-made"),
            Err(response) => Ok(*response),
        },
        Err(problem) => {
            let form = Form::refused(&visit, &posted, problem)?;
            let webhook = show_webhook(&visit.context(), id.as_str()).await?;
            show(&visit, form.changed(visit.last_change("webhook", id.as_str()).await), &webhook)
        }
    }
}

async fn renew_with(
    visit: &Visit,
    posted: &Posted,
    id: &str,
    stops: &str,
) -> Result<Outcome<NewWebhookSecret>, Problem> {
    let mut invalid = Invalid::default();
    let at_once = word(&mut invalid, "stops", stops, &STOPS);
    if stops.is_empty() {
        invalid.add("stops", Sentence::Localized(visit.t("webhooks-fault-stops")));
    }
    let Some(at_once) = at_once else { return Err(invalid.into()) };
    Ok(renew_secret(&visit.write(posted), id, at_once).await?)
}

pub(super) async fn end_overlap(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match end_previous_secret(&visit.write(&posted), id.as_str()).await {
        Ok(webhook) => visit.done(&webhook_page(&webhook.id), "done-webhook-overlap", &webhook.url),
        Err(error) => detail::refused(&visit, &posted, &id, error.into()).await,
    }
}
