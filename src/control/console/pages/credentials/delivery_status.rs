//! How the secret of a credential gets to its contact: the status on its page, and what can be done about it.

use askama::Template;
use jiff::Timestamp;

use super::field_texts;
use super::guard::{CredentialId, Manager};
use super::paths::path_of;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::message_failures::failure_text;
use crate::control::console::posted_form::Posted;
use crate::control::console::view::View;
use crate::control::operations::{
    CredentialConflict, OperationError, Outcome, can_send_again, may_send_secret, send_again, show_credential,
    text_again, void_delivery,
};
use crate::control::web::problem::Problem;
use crate::store::{CredentialRecord, DeliveryProgress, MessageProgress, MessageState, RevealState, SupersededBy};

/// How far a secret has come on its way to the contact, and what can be done about it.
pub(super) struct Progress {
    pub(super) state: String,
    /// A line for each fact.
    pub(super) mail: Vec<String>,
    pub(super) text: Vec<String>,
    /// Codes tried, where there are any.
    pub(super) tries: Option<String>,
    /// The secret was shown and has not been used since.
    pub(super) is_unused: bool,
    pub(super) can_send: bool,
    pub(super) can_text: bool,
    pub(super) can_void: bool,
}

/// Written into the page of a credential.
#[derive(Template)]
#[template(path = "credential_delivery.html")]
pub(super) struct DeliveryPart<'p> {
    v: &'p Visit,
    send_form: Form<'p>,
    text_form: Form<'p>,
    path: String,
    delivery: &'p DeliveryProgress,
    progress: Progress,
}

impl askama::filters::HtmlSafe for DeliveryPart<'_> {}

#[derive(Template)]
#[template(path = "credential_void.html")]
struct VoidPage<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    heading: String,
    back: String,
    action: String,
}

impl<'p> DeliveryPart<'p> {
    /// `None` where no secret was sent.
    pub(super) fn new(visit: &'p Visit, record: &'p CredentialRecord, path: &str) -> Option<Self> {
        Some(Self {
            v: visit,
            send_form: Form::new(visit).revision(record.revision),
            text_form: Form::new(visit).revision(record.revision),
            path: path.to_owned(),
            delivery: record.delivery.as_deref()?,
            progress: Progress::of(visit, record)?,
        })
    }
}

impl Progress {
    /// `None` where no secret was sent.
    pub(super) fn of(visit: &Visit, record: &CredentialRecord) -> Option<Self> {
        let delivery = record.delivery.as_deref()?;
        let is_waiting = delivery.reveal.is_waiting(visit.now);
        let may_send = may_send_secret(&visit.context());
        let (shown_at, tries) = (delivery.reveal.revealed_at, delivery.reveal.tries);
        Some(Self {
            state: line(visit, delivery),
            mail: lines(visit, delivery.mail.as_ref()),
            text: lines(visit, delivery.text.as_ref()),
            tries: (tries > 0).then(|| visit.t1("credentials-delivery-tries-of", "tries", &tries)),
            is_unused: shown_at.is_some_and(|shown| record.last_used_at.is_none_or(|used| used < shown)),
            can_send: may_send && can_send_again(record, visit.now),
            can_text: may_send && is_waiting,
            can_void: is_waiting,
        })
    }
}

/// How a link stands, in a sentence.
fn line(v: &View, delivery: &DeliveryProgress) -> String {
    let reveal = &delivery.reveal;
    let at = |message: &str, moment: Timestamp| v.t1(message, "time", &v.date_and_time(&moment));
    match (reveal.state(v.now), reveal.superseded) {
        (RevealState::Revealed, _) => {
            at("credentials-delivery-revealed", reveal.revealed_at.unwrap_or(reveal.created_at))
        }
        (RevealState::Superseded, Some((moment, by))) => at(
            match by {
                SupersededBy::Resent => "credentials-delivery-resent",
                SupersededBy::Reset => "credentials-delivery-reset",
                SupersededBy::Cleared => "credentials-delivery-cleared",
                SupersededBy::Contact => "credentials-delivery-contact",
                SupersededBy::Voided => "credentials-delivery-voided",
            },
            moment,
        ),
        (RevealState::Locked, _) => v.t("credentials-delivery-locked"),
        (RevealState::Expired, _) => at("credentials-delivery-expired", reveal.ends_at),
        (RevealState::Waiting | RevealState::Superseded, _) => at("credentials-delivery-waiting", reveal.ends_at),
    }
}

/// How far a message has come, and what went wrong.
fn lines(v: &View, message: Option<&MessageProgress>) -> Vec<String> {
    let Some(message) = message else { return Vec::new() };
    let word = match message.state {
        _ if message.is_sending(v.now) && message.state == MessageState::Waiting => "credentials-message-sending",
        MessageState::Waiting => "credentials-message-waiting",
        MessageState::Accepted => "credentials-message-accepted",
        MessageState::Delivered => "credentials-message-delivered",
        MessageState::Undelivered => "credentials-message-undelivered",
        MessageState::Failed => "credentials-message-failed",
        MessageState::GivenUp => "credentials-message-given-up",
    };
    let moment = message.sent_at.unwrap_or(message.queued_at);
    let mut lines = vec![v.t1(word, "time", &v.date_and_time(&moment))];
    lines.extend(message.error_code.as_deref().and_then(failure_text).map(|text| v.t(text)));
    lines.extend(message.error_text.as_ref().map(|text| v.t1("credentials-message-answer", "text", text)));
    if let Some(next) =
        message.next_at.filter(|_| message.state == MessageState::Waiting && message.error_code.is_some())
    {
        lines.push(v.t1("credentials-message-next", "time", &v.date_and_time(&next)));
    }
    lines
}

pub(super) async fn send_again_now(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    posted.reader().finish()?;
    let done = send_again(&visit.write(&posted), id.as_str()).await;
    sent(&visit, &path_of(&id), done, "done-credential-sent")
}

pub(super) async fn text_again_now(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    posted.reader().finish()?;
    let done = text_again(&visit.write(&posted), id.as_str()).await;
    sent(&visit, &path_of(&id), done, "done-credential-texted")
}

fn sent(
    visit: &Visit,
    path: &str,
    done: Result<Outcome<CredentialRecord>, OperationError<CredentialConflict>>,
    message: &'static str,
) -> Answer {
    match visit.fresh(done?, path) {
        Ok(record) => visit.done(path, message, field_texts::title(&record)),
        Err(response) => Ok(*response),
    }
}

pub(super) async fn ask_void(Manager(visit): Manager, CredentialId(id): CredentialId) -> Answer {
    let record = show_credential(&visit.context(), id.as_str()).await?;
    show_void(&visit, Form::new(&visit), &record)
}

fn show_void(visit: &Visit, form: Form<'_>, record: &CredentialRecord) -> Answer {
    let form = form.revision(record.revision);
    let path = path_of(&record.id);
    let heading = visit.t1("credentials-void-title", "name", field_texts::title(record));
    let (back, action) = (visit.url(&path), visit.url(&format!("{path}/void")));
    let body = VoidPage { v: visit, form: &form, heading: heading.clone(), back, action };
    visit.show(Page::new(heading, &body)?.form(&form))
}

pub(super) async fn void(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match void_delivery(&visit.write(&posted), id.as_str()).await {
        Ok(record) => visit.done(&path_of(&id), "done-credential-voided", field_texts::title(&record)),
        Err(error) => {
            let form = Form::refused(&visit, &posted, Problem::from(error))?;
            let form = form.changed(visit.last_change("credential", id.as_str()).await);
            show_void(&visit, form, &show_credential(&visit.context(), id.as_str()).await?)
        }
    }
}
