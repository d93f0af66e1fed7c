//! `/webhooks/{id}`: facts, what can be done, and the newest deliveries.

use askama::Template;
use jiff::{SignedDuration, Timestamp};

use super::credential_choice::{CredentialLink, links};
use super::deliveries::{Line, RESULTS, wanted_state};
use super::event_choice;
use super::failure_alerts::sentence;
use super::guard::Reader;
use super::pause_button::PauseButton;
use super::state_badge::StateBadge;
use super::visible_url::visible_url;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{webhook_page, with_query};
use crate::control::console::pages::url_params::{Id, query};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    Invalid, OperationError, OperationRefusal, Paging, Right, count_missed, is_replaying, list_deliveries,
    show_delivery, show_webhook,
};
use crate::control::web::problem::Problem;
use crate::credential::Label;
use crate::store::{DeliveryRecord, WebhookKind, WebhookRecord};

const DELIVERIES: u32 = 100;
/// What was missed before is not offered.
const MISSED: SignedDuration = SignedDuration::from_hours(30 * 24);

#[derive(Template)]
#[template(path = "webhook.html")]
struct Detail<'p> {
    v: &'p Visit,
    webhook: &'p WebhookRecord,
    page: String,
    url: String,
    state: StateBadge,
    /// What happens, or has happened, after failures.
    failures: Option<String>,
    credential: Option<CredentialLink>,
    entity: String,
    operation: String,
    /// What came of a test event.
    test: Option<Line>,
    reload: String,
    previous_secret_ends_at: Option<Timestamp>,
    missed: u64,
    is_replaying: bool,
    /// `None` for those who change nothing.
    actions: Option<Actions<'p>>,
    results: Vec<ResultLink>,
    lines: Vec<Line>,
    unreadable: usize,
    first: Option<String>,
    next: Option<String>,
}

/// The forms that stand on the page, each with a token of its own.
struct Actions<'p> {
    switch: Option<PauseButton<'p>>,
    test: Form<'p>,
    end_overlap: Form<'p>,
    stop_replay: Form<'p>,
}

/// A result to filter by.
struct ResultLink {
    text: String,
    href: String,
    is_chosen: bool,
}

/// In the address.
#[derive(Default)]
struct Wanted {
    result: String,
    cursor: String,
    /// The delivery of a test event.
    test: String,
}

impl Wanted {
    fn path(&self, id: &Label, result: &str, cursor: &str) -> String {
        with_query(&webhook_page(id), &[("result", result), ("cursor", cursor), ("test", &self.test)])
    }
}

pub(super) async fn detail(Reader(visit): Reader, Id(id): Id) -> Answer {
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let wanted = Wanted {
        result: reader.text("result").to_owned(),
        cursor: reader.text("cursor").to_owned(),
        test: reader.text("test").to_owned(),
    };
    reader.finish()?;
    show(&visit, &id, Form::new(&visit), &wanted).await
}

/// The page again after a button of it was refused.
pub(super) async fn refused(visit: &Visit, posted: &Posted, id: &Label, problem: Problem) -> Answer {
    let form = Form::refused(visit, posted, problem)?;
    let form = form.changed(visit.last_change("webhook", id.as_str()).await);
    show(visit, id, form, &Wanted::default()).await
}

async fn show(visit: &Visit, id: &Label, form: Form<'_>, wanted: &Wanted) -> Answer {
    let (context, id_text) = (visit.context(), id.as_str());
    let webhook = show_webhook(&context, id_text).await?;
    let mut invalid = Invalid::default();
    let state = wanted_state(&mut invalid, &wanted.result);
    invalid.into_result()?;
    let after = (!wanted.cursor.is_empty()).then_some(wanted.cursor.as_str());
    let found = list_deliveries(&context, id_text, state, Paging { after, limit: DELIVERIES }).await?;
    let all = std::iter::once(("", "webhooks-all"));
    let results = all.chain(RESULTS.iter().map(|(word, _, message)| (*word, *message)));
    let results = results.map(|(word, message)| ResultLink {
        text: visit.t(message),
        href: visit.url(&wanted.path(id, word, "")),
        is_chosen: word == wanted.result,
    });
    let may_manage = visit.standing.may(Right::ManageWebhooks);
    let (missed, is_replaying) = if may_manage { replayable(visit, id_text).await? } else { (0, false) };
    let body = Detail {
        v: visit,
        page: visit.url(&webhook_page(id)),
        url: visible_url(visit, &webhook),
        state: StateBadge::of(visit, &webhook),
        failures: sentence(visit, &webhook),
        credential: links(visit, &[&webhook.credential]).await?.remove(&webhook.credential),
        entity: event_choice::entity(visit, &webhook.entity),
        operation: event_choice::operation(visit, &webhook.entity, &webhook.operation),
        test: test(visit, id_text, &wanted.test, &found.records).await?,
        reload: visit.url(&wanted.path(id, &wanted.result, &wanted.cursor)),
        previous_secret_ends_at: webhook
            .previous_secret
            .as_ref()
            .map(|previous| previous.until)
            .filter(|until| *until > visit.now),
        missed,
        is_replaying,
        actions: may_manage.then(|| Actions::new(visit, &webhook)),
        results: results.collect(),
        unreadable: found.unreadable.len(),
        first: after.map(|_| visit.url(&wanted.path(id, &wanted.result, ""))),
        next: found.end.as_deref().map(|cursor| visit.url(&wanted.path(id, &wanted.result, cursor))),
        lines: found.records.into_iter().map(|delivery| Line::new(visit, delivery)).collect(),
        webhook: &webhook,
    };
    visit.show(Page::new(visit.t("webhooks-one"), &body)?.form(&form))
}

/// How many were missed, and whether a replay goes on.
async fn replayable(visit: &Visit, id: &str) -> Result<(u64, bool), Problem> {
    let context = visit.context();
    let since = visit.now.checked_sub(MISSED).unwrap_or(Timestamp::MIN);
    let missed = count_missed(&context, id, since).await?;
    Ok((missed, is_replaying(&context, id).await?))
}

/// `None` where the address names no test of this webhook. Of the list where it is there, so that the page says the same
/// of it twice.
async fn test(
    visit: &Visit,
    webhook: &str,
    delivery: &str,
    listed: &[DeliveryRecord],
) -> Result<Option<Line>, Problem> {
    let Ok(delivery) = delivery.parse::<Label>() else { return Ok(None) };
    if let Some(found) = listed.iter().find(|found| found.id == delivery && found.is_test) {
        return Ok(Some(Line::new(visit, found.clone())));
    }
    let found = match show_delivery(&visit.context(), webhook, delivery.as_str()).await {
        Ok(found) => found,
        // Deleted since, like all that are old.
        Err(OperationError::Refused(OperationRefusal::NotFound(_))) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(Some(found.delivery).filter(|delivery| delivery.is_test).map(|delivery| Line::new(visit, delivery)))
}

impl<'p> Actions<'p> {
    fn new(visit: &'p Visit, webhook: &'p WebhookRecord) -> Self {
        Self {
            switch: PauseButton::new(visit, webhook, &webhook_page(&webhook.id)),
            test: Form::new(visit),
            end_overlap: Form::new(visit).revision(webhook.revision),
            stop_replay: Form::new(visit),
        }
    }
}
