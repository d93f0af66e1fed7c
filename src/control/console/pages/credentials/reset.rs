//! `/credentials/{id}/reset`: who will notice, when the old secret stops, and the new one.

use std::time::Duration;

use askama::Template;

use super::create::{chosen_password, refused};
use super::delivery_choice::{self, DeliveryChoice};
use super::field_texts;
use super::guard::{CredentialId, Manager};
use super::paths::path_of;
use crate::control::Sentence;
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    CredentialConflict, Invalid, OperationError, Reset, list_used_addresses, reset, show_credential,
};
use crate::store::{AddressRecord, CredentialRecord};

const HOUR: u64 = 3600;
/// Seconds that the old secret works on, and the message.
const OVERLAPS: [(&str, u64, &str); 4] = [
    ("0", 0, "credentials-old-stops-now"),
    ("3600", HOUR, "credentials-old-stops-hour"),
    ("86400", 24 * HOUR, "credentials-old-stops-day"),
    ("604800", 7 * 24 * HOUR, "credentials-old-stops-week"),
];
/// It works on until the new one was shown.
const WHEN_SHOWN: &str = "when_shown";

#[derive(Template)]
#[template(path = "credential_reset.html")]
struct ResetPage<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    record: &'p CredentialRecord,
    heading: &'p str,
    back: String,
    action: String,
    used_from: Vec<AddressRecord>,
    /// `None` where there is no old secret.
    overlap: Option<Field>,
    password: Option<Field>,
    delivery_choice: DeliveryChoice,
    /// Where the contact is completed, if nothing can be sent to it.
    contact_page: Option<String>,
    /// For one that is disabled.
    enable: Option<Field>,
}

pub(super) async fn form(Manager(visit): Manager, CredentialId(id): CredentialId) -> Answer {
    let record = show_credential(&visit.context(), id.as_str()).await?;
    if record.owner.is_some() {
        return Err(CredentialConflict::OwnKeyReset.into());
    }
    show(&visit, Form::new(&visit), &record).await
}

async fn show(visit: &Visit, form: Form<'_>, record: &CredentialRecord) -> Answer {
    let mut form = form.revision(record.revision);
    let delivery_choice = DeliveryChoice::new(visit, &mut form);
    let mut choices: Vec<_> =
        OVERLAPS.iter().map(|(value, _, message)| Choice::new(*value, visit.t(message))).collect();
    if delivery_choice.may_send() {
        choices.push(Choice::new(WHEN_SHOWN, visit.t("credentials-old-stops-shown")));
    }
    let has_secret = !record.secret.is_cleared();
    let overlap =
        has_secret.then(|| form.radios("overlap_seconds", "credentials-old-stops", choices).preset("0").required());
    let password = record
        .username()
        .filter(|_| delivery_choice.may_show())
        .map(|_| form.password("password", "credentials-password").autocomplete("new-password"));
    let contact_page = contact_fault(visit, record, &delivery_choice);
    let enable = (!record.enabled).then(|| form.checkbox("enable", "credentials-reset-enable").preset(""));
    let used_from = list_used_addresses(&visit.context(), record.id.as_str()).await?;
    let heading = match record.username() {
        Some(_) => "credentials-reset-title-password",
        None => "credentials-reset-title",
    };
    let (heading, path) = (visit.t1(heading, "name", field_texts::title(record)), path_of(&record.id));
    let (back, action) = (visit.url(&path), visit.url(&format!("{path}/reset")));
    let body = ResetPage {
        v: visit,
        form: &form,
        record,
        heading: &heading,
        back,
        action,
        used_from,
        overlap,
        password,
        enable,
        delivery_choice,
        contact_page,
    };
    visit.show(Page::new(heading.as_str(), &body)?.form(&form))
}

pub(super) async fn reset_one(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (overlap, chosen, enable) =
        (reader.text("overlap_seconds"), chosen_password(&mut reader), reader.is_checked("enable"));
    let mut faults = Invalid::default();
    let deliver = delivery_choice::read(&visit, &mut reader, &mut faults);
    reader.finish()?;
    let is_when_shown = overlap == WHEN_SHOWN;
    let overlap = match overlap {
        // Of one without an old secret.
        "" | WHEN_SHOWN => Some(0),
        text => OVERLAPS.iter().find(|(value, ..)| *value == text).map(|(_, seconds, _)| *seconds),
    };
    if overlap.is_none() {
        faults.add("overlap_seconds", Sentence::Localized(visit.t("credentials-fault-choose-stop")));
    }
    let done = match faults.into_result() {
        Ok(()) => {
            let overlap = Duration::from_secs(overlap.unwrap_or_default());
            let how = Reset { chosen, overlap, from_showing: is_when_shown, deliver, enable };
            reset(&visit.write(&posted), id.as_str(), how).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(outcome) => match visit.fresh(outcome, &path_of(&id)) {
            Ok(created) => delivery_choice::after(&visit, &created, "credentials-was-reset"),
            Err(response) => Ok(*response),
        },
        // The form does not help.
        Err(OperationError::Other(conflict)) => Err(conflict.into()),
        Err(error) => {
            let form = refused(&visit, &posted, error)?;
            let record = show_credential(&visit.context(), id.as_str()).await?;
            let form = form.changed(visit.last_change("credential", id.as_str()).await);
            show(&visit, form, &record).await
        }
    }
}

/// The page that completes the contact, where a secret cannot be sent to it.
fn contact_fault(visit: &Visit, record: &CredentialRecord, delivery_choice: &DeliveryChoice) -> Option<String> {
    let is_complete = record.contact_email.is_some() && record.contact_mobile.is_some();
    (delivery_choice.may_send() && !is_complete).then(|| visit.url(&format!("{}/edit", path_of(&record.id))))
}
