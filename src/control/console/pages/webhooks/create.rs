//! `/webhooks/new`

use askama::Template;

use super::credential_choice::{self, Offer};
use super::guard::Manager;
use super::secret::reveal;
use super::{LIST, event_choice};
use crate::control::Sentence;
use crate::control::console::form_field::{Control, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::url_params::query;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    CreatedWebhook, Invalid, NewWebhook, NotFound, Outcome, Right, create_webhook, own_key,
};
use crate::control::web::problem::Problem;
use crate::credential::Label;

#[derive(Template)]
#[template(path = "webhook_new.html")]
struct New<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    url: Field,
    /// Members are not asked: theirs is that of their own key.
    credential: Option<Field>,
    event: Field,
    /// There is none yet that could have a webhook: where to create one, and the message of that link.
    without_credential: Option<(String, &'static str)>,
}

pub(super) async fn form(Manager(visit): Manager) -> Answer {
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let credential = reader.text("credential");
    reader.finish()?;
    show(&visit, Form::new(&visit), credential).await
}

async fn show(visit: &Visit, mut form: Form<'_>, chosen: &str) -> Answer {
    let terms = visit.settings.webhooks.as_deref().ok_or(NotFound("page"))?;
    let url = form.field("url", "webhooks-url", Control::Input("url")).required();
    let (credential, without_credential) = if visit.standing.may(Right::ManageCredentials) {
        let offered = credential_choice::offered(visit, Offer::Usable).await?;
        let is_empty = offered.as_ref().is_some_and(Vec::is_empty);
        let field =
            credential_choice::field(visit, &mut form, "webhooks-credential-new", offered.as_deref(), None).await?;
        (Some(field.preset(chosen)), is_empty.then(|| (visit.url("/credentials/new"), "credentials-new")))
    } else {
        (None, key_of(visit).await?.is_none().then(|| (visit.url("/my-key"), "own-key-title")))
    };
    let events = event_choice::choices(visit, &terms.settings, None);
    let event = form.select(event_choice::FIELD, "webhooks-event-choice", events);
    let body = New { v: visit, form: &form, url, credential, event, without_credential };
    visit.show(Page::new(visit.t("webhooks-new"), &body)?.form(&form))
}

/// The person's own key; `None` where they have none now.
async fn key_of(visit: &Visit) -> Result<Option<Label>, Problem> {
    let key = own_key(&visit.context()).await?;
    Ok(key.filter(|key| !key.secret.is_cleared()).map(|key| key.id))
}

pub(super) async fn create_one(Manager(visit): Manager, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (url, event) = (reader.text("url"), reader.text(event_choice::FIELD));
    let manages = visit.standing.may(Right::ManageCredentials);
    let credential = if manages { reader.text("credential") } else { "" };
    reader.finish()?;
    let created = create_from(&visit, &posted, url, credential, event).await;
    match created {
        Ok(outcome) => match visit.fresh(outcome, LIST) {
            Ok(created) => reveal(&visit, &created.record, &created.secret, "webhooks-created"),
            Err(response) => Ok(*response),
        },
        Err(problem) => show(&visit, refused(&visit, &posted, problem)?, credential).await,
    }
}

async fn create_from(
    visit: &Visit,
    posted: &Posted,
    url: &str,
    credential: &str,
    event: &str,
) -> Result<Outcome<CreatedWebhook>, Problem> {
    let credential = if visit.standing.may(Right::ManageCredentials) {
        let chosen = credential.parse();
        chosen.map_err(|_| Invalid::one("credential", Sentence::Localized(visit.t("webhooks-fault-credential"))))?
    } else {
        key_of(visit).await?.ok_or_else(|| Invalid::one("key", Sentence::Localized(visit.t("webhooks-fault-key"))))?
    };
    let (entity, operation) = event_choice::parse(visit, event)?;
    let new =
        NewWebhook { credential, url: url.to_owned(), entity: entity.to_owned(), operation: operation.to_owned() };
    Ok(create_webhook(&visit.write(posted), new).await?)
}

/// The operations know entity and operation apart.
pub(super) fn refused<'f>(visit: &'f Visit, posted: &'f Posted, problem: Problem) -> Result<Form<'f>, Problem> {
    let form = Form::refused(visit, posted, problem)?;
    Ok(form.renamed("entity", event_choice::FIELD).renamed("operation", event_choice::FIELD))
}
