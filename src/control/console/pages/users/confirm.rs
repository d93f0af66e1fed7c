//! Pages that ask before they disable a user, end their sessions or create a set-up link.

use askama::Template;

use super::{LIST, reveal};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::page_of;
use crate::control::console::pages::url_params::Id;
use crate::control::console::pages::webhooks::stopping_of_user;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{create_setup_link, disable_user, end_sessions_of_user, show_user};
use crate::store::UserRecord;

/// Asks again.
#[derive(Template)]
#[template(path = "user_confirm.html")]
struct Confirm<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    user: &'p UserRecord,
    title: String,
    consequence: String,
    /// A sentence.
    stopping_webhooks: Option<String>,
    button: String,
    is_bad: bool,
    action: String,
    back: String,
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Disable,
    EndSessions,
    SetupLink,
}

pub(super) async fn ask_to_disable(visit: Visit, Id(id): Id) -> Answer {
    let user = show_user(&visit.context(), &id).await?;
    ask(&visit, Form::new(&visit), &user, Question::Disable).await
}

pub(super) async fn disable(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match disable_user(&visit.write(&posted), &id).await {
        Ok(user) => visit.done(&page_of(LIST, &id), "done-user-disabled", &user.email),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let user = show_user(&visit.context(), &id).await?;
            let form = form.changed(visit.last_change("user", id.as_str()).await);
            ask(&visit, form, &user, Question::Disable).await
        }
    }
}

pub(super) async fn ask_to_end_sessions(visit: Visit, Id(id): Id) -> Answer {
    let user = show_user(&visit.context(), &id).await?;
    ask(&visit, Form::new(&visit), &user, Question::EndSessions).await
}

pub(super) async fn end_sessions(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match end_sessions_of_user(&visit.write(&posted), &id).await {
        Ok(user) => visit.done(&page_of(LIST, &id), "done-user-sessions-ended", &user.email),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let user = show_user(&visit.context(), &id).await?;
            let form = form.changed(visit.last_change("user", id.as_str()).await);
            ask(&visit, form, &user, Question::EndSessions).await
        }
    }
}

pub(super) async fn ask_for_link(visit: Visit, Id(id): Id) -> Answer {
    let user = show_user(&visit.context(), &id).await?;
    ask(&visit, Form::new(&visit), &user, Question::SetupLink).await
}

pub(super) async fn create_link(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    let created = create_setup_link(&visit.write(&posted), &id).await;
    let page = page_of(LIST, &id);
    match created {
        Ok(outcome) => match visit.fresh(outcome, &page) {
            Ok(link) => {
                let user = show_user(&visit.context(), &id).await?;
                reveal(&visit, &user.email, &link, page)
            }
            Err(response) => Ok(*response),
        },
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let user = show_user(&visit.context(), &id).await?;
            let form = form.changed(visit.last_change("user", id.as_str()).await);
            ask(&visit, form, &user, Question::SetupLink).await
        }
    }
}

async fn ask(visit: &Visit, form: Form<'_>, user: &UserRecord, question: Question) -> Answer {
    let form = form.revision(user.revision);
    let page = page_of(LIST, &user.id);
    let (path, texts) = match question {
        Question::Disable => ("/disable", ["users-disable", "users-disable-lead", "users-disable"]),
        Question::EndSessions => {
            ("/end-sessions", ["users-end-sessions", "users-end-sessions-lead", "users-end-sessions"])
        }
        Question::SetupLink if user.password_hash.is_some() => {
            ("/setup-link", ["users-link-new", "users-link-lead-password", "users-link-create"])
        }
        Question::SetupLink => ("/setup-link", ["users-link-new", "users-link-lead", "users-link-create"]),
    };
    let stopping_webhooks = match question {
        Question::Disable => stopping_of_user(visit, &user.id).await?,
        Question::EndSessions | Question::SetupLink => None,
    };
    let [title, consequence, button] = texts.map(|text| visit.t(text));
    let body = Confirm {
        v: visit,
        form: &form,
        user,
        title: title.clone(),
        consequence,
        stopping_webhooks,
        button,
        is_bad: question != Question::SetupLink,
        action: visit.url(&format!("{page}{path}")),
        back: visit.url(&page),
    };
    visit.show(Page::new(title, &body)?.form(&form))
}
