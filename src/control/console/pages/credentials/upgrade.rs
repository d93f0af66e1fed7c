//! `/credentials/{id}/upgrade`: newer versions with their dates.

use askama::Template;

use super::create::refused;
use super::display_names;
use super::field_texts;
use super::guard::{CredentialId, Manager};
use super::paths::path_of;
use crate::control::Sentence;
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::console::view::View;
use crate::control::operations::{Invalid, OperationError, UpgradeVersion, show_credential, upgrade_version};
use crate::credential::Version;
use crate::store::CredentialRecord;

#[derive(Template)]
#[template(path = "credential_upgrade.html")]
struct UpgradePage<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    record: &'p CredentialRecord,
    title: String,
    back: String,
    action: String,
    current: Option<String>,
    /// The page about the migration away from the current version.
    current_link: Option<&'p str>,
    /// `None` where no version is newer.
    version: Option<Field>,
    /// Name and documentation of each newer version that has some.
    links: Vec<(&'p str, &'p str)>,
}

pub(super) async fn form(Manager(visit): Manager, CredentialId(id): CredentialId) -> Answer {
    let record = show_credential(&visit.context(), id.as_str()).await?;
    show(&visit, Form::new(&visit), &record).await
}

async fn show(visit: &Visit, form: Form<'_>, record: &CredentialRecord) -> Answer {
    let mut form = form.revision(record.revision);
    let newer = newer(visit, record);
    let choices: Vec<Choice> = newer
        .iter()
        .map(|version| Choice::new(version.name.as_str(), version.name.as_str()).hint(dates(visit, version)))
        .collect();
    let newest = newer.first().map(|version| version.name.to_string());
    let version =
        newest.map(|newest| form.radios("version", "credentials-upgrade-to", choices).preset(newest).required());
    let known = &visit.settings.versions.known;
    let current = known.iter().find(|version| Some(&version.name) == record.version.as_ref());
    let (title, path) = (display_names::title(visit, record).await?, path_of(&record.id));
    let body = UpgradePage {
        v: visit,
        form: &form,
        record,
        title: title.clone(),
        back: visit.url(&path),
        action: visit.url(&format!("{path}/upgrade")),
        current: field_texts::version(visit, record.version.as_ref()),
        current_link: current.and_then(|version| version.link.as_deref()),
        version,
        links: newer.iter().filter_map(|version| Some((version.name.as_str(), version.link.as_deref()?))).collect(),
    };
    visit.show(Page::new(visit.t1("credentials-upgrade-title", "name", &title), &body)?.form(&form))
}

/// In service and newer than that of the credential; the newest first.
fn newer<'v>(v: &'v View, record: &CredentialRecord) -> Vec<&'v Version> {
    let versions = &v.settings.versions;
    let current = record.version.as_ref().and_then(|name| versions.rank(name.as_str()));
    let from = current.map_or(0, |rank| rank + 1);
    versions.known.iter().skip(from).rev().filter(|version| !version.is_retired(v.now)).collect()
}

fn dates(v: &View, version: &Version) -> String {
    let dates = [
        (version.deprecated_on, "credentials-date-deprecated"),
        (version.sunset_on, "credentials-date-sunset"),
        (version.retired_on, "credentials-date-retired"),
    ];
    let dates: Vec<_> =
        dates.into_iter().filter_map(|(date, message)| Some(v.t1(message, "date", &v.date(date?)))).collect();
    if dates.is_empty() { v.t("credentials-date-none") } else { dates.join(" · ") }
}

pub(super) async fn upgrade_one(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let version = reader.optional("version");
    reader.finish()?;
    let done = match version.as_deref().map(str::parse) {
        Some(Ok(to)) => {
            let how = UpgradeVersion { to: Some(to), allow_older: false };
            upgrade_version(&visit.write(&posted), id.as_str(), &how).await
        }
        Some(Err(_)) | None => {
            Err(Invalid::one("version", Sentence::Localized(visit.t("credentials-fault-choose"))).into())
        }
    };
    match done {
        Ok(record) => {
            visit.done(&path_of(&id), "done-credential-upgraded", &display_names::title(&visit, &record).await?)
        }
        Err(error) => {
            let form = refused(&visit, &posted, OperationError::from(error))?;
            let record = show_credential(&visit.context(), id.as_str()).await?;
            let form = form.changed(visit.last_change("credential", id.as_str()).await);
            show(&visit, form, &record).await
        }
    }
}
