//! `/credentials/{id}/edit`: details and rights, never the secret.

use askama::Template;

use super::access_losses::losses;
use super::create::refused;
use super::description::{Description, DescriptionFields, with_suggestion};
use super::display_names;
use super::guard::{CredentialId, Manager};
use super::paths::path_of;
use super::restrictions::{RestrictionFields, Restrictions};
use crate::control::console::confirmation::{CONFIRM, Confirmation};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Edit, Invalid, OperationError, Patch, edit, show_credential};
use crate::store::CredentialRecord;

#[derive(Template)]
#[template(path = "credential_edit.html")]
struct EditPage<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    record: &'p CredentialRecord,
    /// What the edit takes away.
    confirmation: Option<Confirmation>,
    heading: String,
    back: String,
    action: String,
    fields: DescriptionFields,
    restrictions: RestrictionFields<'p>,
}

pub(super) async fn form(Manager(visit): Manager, CredentialId(id): CredentialId) -> Answer {
    let record = show_credential(&visit.context(), id.as_str()).await?;
    show(&visit, Form::new(&visit), &record, None, None).await
}

async fn show(
    visit: &Visit,
    form: Form<'_>,
    record: &CredentialRecord,
    posted: Option<&Posted>,
    confirmation: Option<Confirmation>,
) -> Answer {
    let mut form = form.revision(record.revision);
    let fields = DescriptionFields::new(visit, &mut form, Some(record), posted);
    let restrictions = RestrictionFields::new(visit, &mut form, Some(record));
    let (title, path) = (display_names::title(visit, record).await?, path_of(&record.id));
    let heading = visit.t1("credentials-edit-title", "name", &title);
    let body = EditPage {
        v: visit,
        form: &form,
        record,
        confirmation,
        heading: heading.clone(),
        back: visit.url(&path),
        action: visit.url(&format!("{path}/edit")),
        fields,
        restrictions,
    };
    visit.show(Page::new(heading, &body)?.form(&form))
}

pub(super) async fn edit_one(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    let record = show_credential(&visit.context(), id.as_str()).await?;
    if let Some(posted) = with_suggestion(&posted) {
        return show(&visit, Form::again(&visit, &posted), &record, Some(&posted), None).await;
    }
    let (mut reader, mut faults) = (posted.reader(), Invalid::default());
    let description = Description::read(&mut reader);
    let restrictions = Restrictions::read(&visit, &mut reader, Some(&record), &mut faults);
    let confirmed = reader.text(CONFIRM);
    reader.finish()?;
    let change = Edit {
        name: patch(description.name),
        description: patch(description.description),
        contact_email: patch(description.contact_email),
        contact_mobile: patch(description.contact_mobile),
        developer_emails: Patch::Set(description.developer_emails),
        version: Patch::Keep,
        scopes: restrictions.scopes,
        addresses: restrictions.addresses,
        expires_at: restrictions.expires_at,
        rate_limit: restrictions.rate_limit,
    };
    // Nothing is asked about a stale form: the edit refuses it, and the page shows what has changed.
    let is_current = posted.revision.is_none_or(|revision| revision == record.revision);
    let confirmation = Confirmation::of(losses(&visit, &record, &change)).filter(|_| is_current);
    if let Some(asked) = &confirmation
        && faults.0.is_empty()
        && !asked.is_given(confirmed)
    {
        return show(&visit, Form::again(&visit, &posted), &record, Some(&posted), confirmation).await;
    }
    let edited = match faults.into_result() {
        Ok(()) => edit(&visit.write(&posted), id.as_str(), change).await,
        Err(invalid) => Err(invalid.into()),
    };
    match edited {
        Ok(record) => {
            visit.done(&path_of(&id), "done-credential-edited", &display_names::title(&visit, &record).await?)
        }
        Err(error) => {
            let form = refused(&visit, &posted, OperationError::from(error))?;
            let present = show_credential(&visit.context(), id.as_str()).await?;
            let form = form.changed(visit.last_change("credential", id.as_str()).await);
            let is_same = present.revision == record.revision;
            let confirmation = confirmation.filter(|asked| is_same && asked.is_given(confirmed));
            show(&visit, form, &present, Some(&posted), confirmation).await
        }
    }
}

/// An empty field removes the value.
fn patch(text: Option<String>) -> Patch<String> {
    text.map_or(Patch::Clear, Patch::Set)
}
