//! `/credentials/new`

use askama::Template;

use super::delivery_choice::{self, DeliveryChoice};
use super::description::{Description, DescriptionFields, with_suggestion};
use super::field_texts;
use super::guard::Manager;
use super::paths::LIST;
use super::restrictions::{RestrictionFields, Restrictions};
use crate::config::raw;
use crate::control::Sentence;
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::{Fields, Posted, Reader};
use crate::control::console::view::View;
use crate::control::operations::{
    CredentialConflict, FieldFault, Invalid, NewCredential, NewSecret, OperationContext, OperationError, Patch, create,
};
use crate::control::web::problem::Problem;
use crate::credential::{Label, PlainPassword};

const TOKEN: &str = "token";
const PASSWORD: &str = "password";

#[derive(Template)]
#[template(path = "credential_new.html")]
struct New<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    /// For staff; all others create for their own account.
    account: Option<Field>,
    kind: Field,
    id: Field,
    /// Where the gate accepts them.
    pair: Option<(Field, Option<Field>)>,
    delivery_choice: DeliveryChoice,
    fields: DescriptionFields,
    version: Option<Field>,
    restrictions: RestrictionFields<'p>,
}

pub(super) async fn form(Manager(visit): Manager) -> Answer {
    let query = Fields::parse(visit.target.split_once('?').map_or("", |(_, query)| query))?;
    show(&visit, Form::new(&visit), None, query.get("account").unwrap_or_default())
}

fn show(visit: &Visit, mut form: Form<'_>, posted: Option<&Posted>, account: &str) -> Answer {
    let kinds = accepted_kinds(&visit.settings.accept);
    let preset = kinds.first().map_or(TOKEN, |(kind, ..)| *kind);
    let choices =
        kinds.iter().map(|(kind, label, hint)| Choice::new(*kind, visit.t(label)).hint(visit.t(hint))).collect();
    let is_staff = visit.standing.is_staff();
    let account = is_staff.then(|| form.line("account", "credentials-account").preset(account).required());
    let kind = form.radios("kind", "credentials-kind", choices).preset(preset).required();
    let fields = DescriptionFields::new(visit, &mut form, None, posted);
    let id = form.line("id", "credentials-id").preset("");
    let delivery_choice = DeliveryChoice::new(visit, &mut form);
    let pair = kinds.iter().any(|(kind, ..)| *kind == PASSWORD).then(|| {
        let username = form.line("username", "credentials-username").preset("");
        let password = || form.password("password", "credentials-password").autocomplete("new-password");
        (username, delivery_choice.may_show().then(password))
    });
    let version = version_field(visit, &mut form);
    let restrictions = RestrictionFields::new(visit, &mut form, None);
    let body = New { v: visit, form: &form, account, kind, id, pair, delivery_choice, fields, version, restrictions };
    visit.show(Page::new(visit.t("credentials-new"), &body)?.form(&form))
}

/// The kinds that the gate reads, with their messages; both where it reads neither.
fn accepted_kinds(accept: &raw::Accept) -> Vec<(&'static str, &'static str, &'static str)> {
    let token = (TOKEN, "credentials-kind-token", "credentials-kind-token-hint");
    let password = (PASSWORD, "credentials-kind-password", "credentials-kind-password-hint");
    match (accept.reads_tokens(), accept.basic) {
        (true, false) => vec![token],
        (false, true) => vec![password],
        // A token that only a Basic pair can carry is for clients that know no other way.
        (true, true) if !accept.bearer && accept.api_key.is_none() => vec![password, token],
        (true, true) | (false, false) => vec![token, password],
    }
}

/// Those in service, the newest first.
fn version_field(v: &View, form: &mut Form<'_>) -> Option<Field> {
    let in_service = v.settings.versions.known.iter().rev().filter(|version| !version.is_retired(v.now));
    let mut choices: Vec<_> = in_service
        .map(|version| Choice::new(version.name.as_str(), field_texts::version_standing(v, version)))
        .collect();
    let newest = choices.first_mut()?;
    newest.label = v.t1("credentials-version-newest", "version", &newest.label);
    let newest = newest.value.clone();
    Some(form.select("version", "credentials-version", choices).preset(newest))
}

pub(super) async fn create_one(Manager(visit): Manager, posted: Posted) -> Answer {
    if let Some(posted) = with_suggestion(&posted) {
        return show(&visit, Form::again(&visit, &posted), Some(&posted), "");
    }
    let context = visit.write(&posted);
    let mut reader = posted.reader();
    let read = read(&visit, &mut reader, &context);
    reader.finish()?;
    let created = match read {
        Ok(new) => create(&context, new).await,
        Err(invalid) => Err(invalid.into()),
    };
    match created {
        Ok(outcome) => match visit.fresh(outcome, LIST) {
            Ok(created) => delivery_choice::after(&visit, &created, "credentials-created"),
            Err(response) => Ok(*response),
        },
        Err(error) => {
            let form = refused(&visit, &posted, error)?;
            show(&visit, form, Some(&posted), "")
        }
    }
}

/// A conflict is at the field that has it.
pub(super) fn refused<'f>(
    visit: &'f Visit,
    posted: &'f Posted,
    error: OperationError<CredentialConflict>,
) -> Result<Form<'f>, Problem> {
    let field = match &error {
        OperationError::Other(CredentialConflict::IdTaken) => Some(("id", "credentials-id-taken")),
        OperationError::Other(CredentialConflict::UsernameTaken) => Some(("username", "credentials-username-taken")),
        _ => None,
    };
    let form = Form::refused(visit, posted, error.into())?
        .renamed("expires_at", "expires_on")
        .renamed("rate_limit", "rate_requests");
    Ok(match field {
        Some((field, message)) => form.detail(visit.t(message)).at(field),
        None => form,
    })
}

fn read(visit: &Visit, reader: &mut Reader<'_>, call: &OperationContext<'_>) -> Result<NewCredential, Invalid> {
    let mut faults = Invalid::default();
    let account = match &visit.standing.account {
        Some(account) => Some(account.id.clone()),
        None => label(reader.text("account"), "account", &mut faults),
    };
    let id = match reader.text("id") {
        "" => None,
        text => label(text, "id", &mut faults),
    };
    let version = match reader.text("version") {
        "" => None,
        text => label(text, "version", &mut faults),
    };
    let secret = read_secret(visit, reader, &mut faults);
    let deliver = delivery_choice::read(visit, reader, &mut faults);
    let Description { name, description, contact_email, contact_mobile, developer_emails } = Description::read(reader);
    let restrictions = Restrictions::read(visit, reader, None, &mut faults);
    let (Some(account), Some(secret)) = (account, secret) else { return Err(faults) };
    let new = NewCredential {
        id,
        name,
        description,
        contact_email,
        contact_mobile,
        developer_emails,
        version,
        deliver,
        scopes: set(restrictions.scopes),
        addresses: set(restrictions.addresses),
        expires_at: set(restrictions.expires_at),
        rate_limit: set(restrictions.rate_limit),
        ..NewCredential::new(account, secret)
    };
    let is_new = |fault: &FieldFault| faults.0.iter().all(|own| own.field != fault.field);
    let others: Vec<_> = new.faults(call).0.into_iter().filter(is_new).collect();
    faults.and(Invalid(others)).into_result().map(|()| new)
}

fn read_secret(v: &View, reader: &mut Reader<'_>, faults: &mut Invalid) -> Option<NewSecret> {
    let (kind, username, chosen) = (reader.text("kind"), reader.text("username"), chosen_password(reader));
    let is_accepted = |kind: &str| accepted_kinds(&v.settings.accept).iter().any(|(accepted, ..)| *accepted == kind);
    match kind {
        _ if !is_accepted(kind) => {
            faults.add("kind", Sentence::Localized(v.t("credentials-fault-choose")));
            None
        }
        TOKEN => {
            for (field, is_there) in [("username", !username.is_empty()), ("password", chosen.is_some())] {
                if is_there {
                    faults.add(field, Sentence::Localized(v.t("credentials-fault-token")));
                }
            }
            Some(NewSecret::Token)
        }
        _ => Some(NewSecret::Password { username: username.to_owned(), chosen }),
    }
}

/// A password, unless it is empty: then one is generated.
pub(super) fn chosen_password(reader: &mut Reader<'_>) -> Option<PlainPassword> {
    Some(reader.password("password")).filter(|password| !password.reveal().is_empty())
}

pub(super) fn label(text: &str, field: &'static str, faults: &mut Invalid) -> Option<Label> {
    text.parse().map_err(|error: crate::credential::LabelError| faults.add(field, error.into())).ok()
}

fn set<T>(patch: Patch<T>) -> Option<T> {
    match patch {
        Patch::Set(value) => Some(value),
        Patch::Keep | Patch::Clear => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_kinds_that_the_gate_reads_can_be_created() {
        let kinds = |accept: Value| {
            let kinds = accepted_kinds(&serde_json::from_value(accept).unwrap());
            kinds.iter().map(|(kind, ..)| *kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(json!({})), [TOKEN, PASSWORD]);
        assert_eq!(kinds(json!({"basic": false})), [TOKEN]);
        assert_eq!(kinds(json!({"bearer": false, "api_key": null})), [PASSWORD]);
        assert_eq!(kinds(json!({"bearer": false, "api_key": null, "basic_token": "password"})), [PASSWORD, TOKEN]);
        assert_eq!(kinds(json!({"bearer": false, "api_key": null, "basic": false, "schemes": ["Token"]})), [TOKEN]);
    }
}
