//! Pages that ask before they disable, enable, clear or delete, and say what follows.

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::create::refused;
use super::display_names;
use super::guard::{CredentialId, Manager};
use super::paths::{LIST, path_of};
use crate::control::Sentence;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::webhooks::{self, WebhooksOfCredential};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Invalid, OperationError, clear, delete, disable, enable, show_credential};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::CredentialRecord;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Disable,
    Enable,
    Clear,
    Delete,
}

#[derive(Template)]
#[template(path = "credential_confirm.html")]
struct Confirm<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    record: &'p CredentialRecord,
    heading: String,
    consequence: String,
    /// Of one that is deleted: how many webhooks go with it.
    deleted_webhooks: Option<String>,
    /// Where the webhooks that stop lead.
    stopping_webhooks: Vec<String>,
    button: String,
    is_bad: bool,
    back: String,
    action: String,
    field: Option<Field>,
}

pub(super) fn routes() -> Router<ControlState> {
    [Act::Disable, Act::Enable, Act::Clear, Act::Delete].into_iter().fold(Router::new(), |router, act| {
        let ask = move |Manager(visit): Manager, CredentialId(id): CredentialId| async move {
            let record = show_credential(&visit.context(), id.as_str()).await?;
            show(&visit, Form::new(&visit), &record, act).await
        };
        let answer = move |Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted| async move {
            execute(&visit, id.as_str(), &posted, act).await
        };
        router.route(&format!("/credentials/{{id}}/{}", act.word()), get(ask).post(answer))
    })
}

async fn show(visit: &Visit, form: Form<'_>, record: &CredentialRecord, act: Act) -> Answer {
    let mut form = form.revision(record.revision);
    let field = match act {
        Act::Disable => Some(form.area("reason", "credentials-reason").preset("")),
        Act::Delete => Some(form.line("confirm", "credentials-confirm-id").preset("").required()),
        Act::Enable | Act::Clear => None,
    };
    let [heading, consequence, button] = act.texts(record);
    let heading = visit.t1(heading, "name", &display_names::title(visit, record).await?);
    let path = path_of(&record.id);
    let (deleted, stopping) = match act {
        Act::Delete => (deleted_webhooks(visit, record).await?, Vec::new()),
        Act::Disable | Act::Clear => (None, webhooks::stopping(visit, record).await?),
        Act::Enable => (None, Vec::new()),
    };
    let body = Confirm {
        v: visit,
        form: &form,
        record,
        heading: heading.clone(),
        consequence: visit.t(consequence),
        deleted_webhooks: deleted,
        stopping_webhooks: stopping,
        button: visit.t(button),
        is_bad: act != Act::Enable,
        back: visit.url(&path),
        action: visit.url(&format!("{path}/{}", act.word())),
        field,
    };
    visit.show(Page::new(heading, &body)?.form(&form))
}

/// A sentence; `None` where there are none.
async fn deleted_webhooks(visit: &Visit, record: &CredentialRecord) -> Result<Option<String>, Problem> {
    let count = WebhooksOfCredential::find(visit, record).await?.map_or(0, |found| found.count());
    Ok((count > 0).then(|| visit.tn("webhooks-go-with-it", &count)))
}

async fn execute(visit: &Visit, id: &str, posted: &Posted, act: Act) -> Answer {
    let call = visit.write(posted);
    let mut reader = posted.reader();
    let (reason, confirm) = match act {
        Act::Disable => (reader.optional("reason"), ""),
        Act::Delete => (None, reader.text("confirm")),
        Act::Enable | Act::Clear => (None, ""),
    };
    reader.finish()?;
    let done = match act {
        Act::Disable => disable(&call, id, reason).await,
        Act::Enable => enable(&call, id).await,
        Act::Clear => clear(&call, id).await,
        Act::Delete if confirm == id => delete(&call, id).await,
        Act::Delete => Err(Invalid::one("confirm", Sentence::Localized(visit.t("credentials-fault-confirm"))).into()),
    };
    let error = match done {
        Ok(record) => {
            let path = if act == Act::Delete { LIST.to_owned() } else { path_of(&record.id) };
            return visit.done(&path, act.done(), &display_names::title(visit, &record).await?);
        }
        Err(error) => error,
    };
    let form: Result<_, Problem> = refused(visit, posted, OperationError::from(error));
    let form = form?.changed(visit.last_change("credential", id).await);
    let record = show_credential(&visit.context(), id).await?;
    show(visit, form, &record, act).await
}

impl Act {
    fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Clear => "clear",
            Self::Delete => "delete",
        }
    }

    /// Heading with `$name`, consequence, button.
    fn texts(self, record: &CredentialRecord) -> [&'static str; 3] {
        match self {
            Self::Disable => ["credentials-disable-title", "credentials-disable-lead", "credentials-disable"],
            Self::Enable => ["credentials-enable-title", "credentials-enable-lead", "credentials-enable"],
            Self::Clear if record.owner.is_some() => {
                ["credentials-clear-title", "credentials-clear-lead-own", "credentials-clear"]
            }
            Self::Clear => ["credentials-clear-title", "credentials-clear-lead", "credentials-clear"],
            Self::Delete => ["credentials-delete-title", "credentials-delete-lead", "credentials-delete"],
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Disable => "done-credential-disabled",
            Self::Enable => "done-credential-enabled",
            Self::Clear => "done-credential-cleared",
            Self::Delete => "done-credential-deleted",
        }
    }
}
