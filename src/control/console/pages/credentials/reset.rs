//! `/credentials/{id}/reset`: who will notice, when the old secret stops, and the new one.

use std::time::Duration;

use askama::Template;

use super::create::{chosen_password, refused};
use super::facts;
use super::guard::{CredentialId, Manager};
use super::paths::path_of;
use super::secret;
use crate::control::console::field::{Choice, Field};
use crate::control::console::form::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::posted::Posted;
use crate::control::console::visit::Visit;
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
    let choices = OVERLAPS.iter().map(|(value, _, message)| Choice::new(*value, visit.t(message))).collect();
    let has_secret = !record.secret.is_cleared();
    let overlap =
        has_secret.then(|| form.radios("overlap_seconds", "credentials-old-stops", choices).preset("0").required());
    let password =
        record.username().map(|_| form.password("password", "credentials-password").autocomplete("new-password"));
    let enable = (!record.enabled).then(|| form.checkbox("enable", "credentials-reset-enable").preset(""));
    let used_from = list_used_addresses(&visit.context(), record.id.as_str()).await?;
    let heading = match record.username() {
        Some(_) => "credentials-reset-title-password",
        None => "credentials-reset-title",
    };
    let (heading, path) = (visit.t1(heading, "name", facts::title(record)), path_of(&record.id));
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
    };
    visit.show(Page::new(heading.as_str(), &body)?.form(&form))
}

pub(super) async fn reset_one(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (overlap, chosen, enable) =
        (reader.text("overlap_seconds"), chosen_password(&mut reader), reader.is_checked("enable"));
    reader.finish()?;
    let overlap = match overlap {
        // Of one without an old secret.
        "" => Some(0),
        text => OVERLAPS.iter().find(|(value, ..)| *value == text).map(|(_, seconds, _)| *seconds),
    };
    let done = match overlap {
        Some(seconds) => {
            let how = Reset { chosen, overlap: Duration::from_secs(seconds), enable };
            reset(&visit.write(&posted), id.as_str(), how).await
        }
        None => Err(Invalid::one("overlap_seconds", visit.t("credentials-fault-choose-stop")).into()),
    };
    match done {
        Ok(outcome) => match visit.fresh(outcome, &path_of(&id)) {
            Ok(created) => secret::show(&visit, &created, "credentials-was-reset"),
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
