//! `/webhooks/{id}/replay`: what failed or was missed is sent again.

use askama::Template;
use jiff::{SignedDuration, Timestamp};

use super::detail;
use super::guard::Manager;
use crate::control::Sentence;
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::webhook_page;
use crate::control::console::pages::url_params::{Id, query, word};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    Invalid, OperationError, ReplayWhat, WebhookConflict, count_missed, replay_since, show_webhook, stop_replay,
};
use crate::control::web::problem::Problem;
use crate::store::WebhookRecord;

const WHAT: [(&str, ReplayWhat, &str); 3] = [
    ("both", ReplayWhat::Both, "webhooks-replay-both"),
    ("failed", ReplayWhat::Failed, "webhooks-replay-failed"),
    ("missed", ReplayWhat::Missed, "webhooks-replay-missed"),
];
/// Hours.
const SINCE: [(&str, i64, &str); 4] = [
    ("hour", 1, "webhooks-replay-hour"),
    ("day", 24, "webhooks-replay-day"),
    ("week", 7 * 24, "webhooks-replay-week"),
    ("month", 30 * 24, "webhooks-replay-month"),
];

#[derive(Template)]
#[template(path = "webhook_replay.html")]
struct Replay<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    webhook: &'p WebhookRecord,
    what: Field,
    since: Field,
    page: String,
}

pub(super) async fn form(Manager(visit): Manager, Id(id): Id) -> Answer {
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let what = reader.text("what");
    reader.finish()?;
    show(&visit, Form::new(&visit), &id, if what.is_empty() { "both" } else { what }).await
}

/// `what` is preselected, for as long as all that was missed.
async fn show(visit: &Visit, mut form: Form<'_>, id: &crate::credential::Label, what: &str) -> Answer {
    let webhook = show_webhook(&visit.context(), id.as_str()).await?;
    let choices = WHAT.iter().map(|(word, _, message)| Choice::new(*word, visit.t(message))).collect();
    let chosen = form.radios("what", "webhooks-replay-what", choices).preset(what).required();
    let mut choices = Vec::new();
    for (word, hours, message) in SINCE {
        let missed = count_missed(&visit.context(), id.as_str(), before(visit.now, hours)).await?;
        choices.push(Choice::new(word, visit.t(message)).hint(visit.tn("webhooks-replay-missed-count", &missed)));
    }
    let first = if what == "missed" { "month" } else { "day" };
    let since = form.radios("since", "webhooks-replay-since", choices).preset(first).required();
    let page = visit.url(&webhook_page(id));
    let body = Replay { v: visit, form: &form, webhook: &webhook, what: chosen, since, page };
    visit.show(Page::new(visit.t("webhooks-replay"), &body)?.form(&form))
}

pub(super) async fn replay(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (what, since) = (reader.text("what"), reader.text("since"));
    reader.finish()?;
    match replay_from(&visit, &posted, id.as_str(), (what, since)).await {
        Ok(0) => visit.done(&webhook_page(&id), "done-webhook-nothing-to-replay", ""),
        Ok(count) => {
            visit.state.webhook_wake.notify_one();
            visit.done(&webhook_page(&id), "done-webhook-replayed", &count.to_string())
        }
        Err(problem) => show(&visit, Form::refused(&visit, &posted, problem)?, &id, what).await,
    }
}

async fn replay_from(visit: &Visit, posted: &Posted, id: &str, (what, since): (&str, &str)) -> Result<u64, Problem> {
    let mut invalid = Invalid::default();
    let words = WHAT.map(|(word, what, _)| (word, what));
    let what = word(&mut invalid, "what", what, &words);
    let hours = word(&mut invalid, "since", since, &SINCE.map(|(word, hours, _)| (word, hours)));
    invalid.into_result()?;
    let missing = |field| Invalid::one(field, Sentence::Localized(visit.t("webhooks-fault-choose")));
    let what = what.ok_or_else(|| missing("what"))?;
    let since = before(visit.now, hours.ok_or_else(|| missing("since"))?);
    let done: Result<u64, OperationError<WebhookConflict>> = replay_since(&visit.write(posted), id, what, since).await;
    Ok(done?)
}

fn before(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN)
}

pub(super) async fn stop(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match stop_replay(&visit.write(&posted), id.as_str()).await {
        Ok(count) => visit.done(&webhook_page(&id), "done-webhook-replay-stopped", &count.to_string()),
        Err(error) => detail::refused(&visit, &posted, &id, error.into()).await,
    }
}
