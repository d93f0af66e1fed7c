//! `/credentials/{id}/duplicate`: the same rights and settings, a secret of its own.

use askama::Template;

use super::create::{chosen_password, label, refused};
use super::delivery_choice::{self, DeliveryChoice};
use super::field_texts;
use super::guard::{CredentialId, Manager};
use super::paths::{LIST, path_of};
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{CredentialConflict, Duplicate, Invalid, duplicate, show_credential};
use crate::store::CredentialRecord;

#[derive(Template)]
#[template(path = "credential_duplicate.html")]
struct DuplicatePage<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    /// The original.
    record: &'p CredentialRecord,
    title: &'p str,
    version: Option<String>,
    scopes: Option<Vec<(String, String)>>,
    addresses: Vec<String>,
    rate: String,
    back: String,
    action: String,
    name: Field,
    id: Field,
    /// User name and password.
    pair: Option<(Field, Option<Field>)>,
    delivery_choice: DeliveryChoice,
}

pub(super) async fn form(Manager(visit): Manager, CredentialId(id): CredentialId) -> Answer {
    let record = show_credential(&visit.context(), id.as_str()).await?;
    if record.owner.is_some() {
        return Err(CredentialConflict::OwnKeyDuplicate.into());
    }
    show(&visit, Form::new(&visit), &record)
}

fn show(visit: &Visit, form: Form<'_>, record: &CredentialRecord) -> Answer {
    let mut form = form.revision(record.revision);
    let (title, path) = (field_texts::title(record), path_of(&record.id));
    let name = form.line("name", "credentials-name").preset(visit.t1("credentials-copy-of", "name", title));
    let id = form.line("id", "credentials-id").preset("");
    let delivery_choice = DeliveryChoice::new(visit, &mut form);
    let pair = record.username().map(|_| {
        let username = form.line("username", "credentials-username").preset("").required();
        let password = || form.password("password", "credentials-password").autocomplete("new-password");
        (username, delivery_choice.may_show().then(password))
    });
    let body = DuplicatePage {
        v: visit,
        form: &form,
        record,
        title,
        version: field_texts::version(visit, record.version.as_ref()),
        scopes: field_texts::scopes(visit, record.scopes.as_deref()),
        addresses: field_texts::addresses(record),
        rate: field_texts::rate(visit, record),
        back: visit.url(&path),
        action: visit.url(&format!("{path}/duplicate")),
        name,
        id,
        pair,
        delivery_choice,
    };
    visit.show(Page::new(visit.t1("credentials-duplicate-title", "name", title), &body)?.form(&form))
}

pub(super) async fn duplicate_one(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    let (mut reader, mut faults) = (posted.reader(), Invalid::default());
    let new_id = match reader.text("id") {
        "" => None,
        text => label(text, "id", &mut faults),
    };
    let how = Duplicate {
        id: new_id,
        name: reader.optional("name"),
        username: reader.optional("username"),
        chosen: chosen_password(&mut reader),
        deliver: delivery_choice::read(&visit, &mut reader, &mut faults),
    };
    reader.finish()?;
    let done = match faults.into_result() {
        Ok(()) => duplicate(&visit.write(&posted), id.as_str(), how).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(outcome) => match visit.fresh(outcome, LIST) {
            Ok(created) => delivery_choice::after(&visit, &created, "credentials-created"),
            Err(response) => Ok(*response),
        },
        Err(error) => {
            let form = refused(&visit, &posted, error)?;
            let record = show_credential(&visit.context(), id.as_str()).await?;
            let form = form.changed(visit.last_change("credential", id.as_str()).await);
            show(&visit, form, &record)
        }
    }
}
