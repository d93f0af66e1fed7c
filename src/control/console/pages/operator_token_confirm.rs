//! Pages that ask before they disable or delete a script token.

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::operator_token_urls::{Wanted, delete_page, disable_page};
use super::url_params::{Id, query};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Right, delete_operator_token, disable_operator_token, show_operator_token};
use crate::control::web::state::ControlState;
use crate::credential::Label;
use crate::store::OperatorTokenRecord;

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/operator-tokens/{id}/disable", get(ask_to_disable).post(disable))
        .route("/operator-tokens/{id}/delete", get(ask_to_delete).post(delete))
}

#[derive(Template)]
#[template(path = "token_confirm.html")]
struct Confirm<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    token: &'p OperatorTokenRecord,
    /// The page of the list to go back to.
    wanted: &'p Wanted<'p>,
    /// Messages.
    title: &'static str,
    consequence: &'static str,
    action: String,
    back: String,
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Disable,
    Delete,
}

async fn ask_to_disable(visit: Visit, Id(id): Id) -> Answer {
    ask(visit, &id, Question::Disable).await
}

async fn ask_to_delete(visit: Visit, Id(id): Id) -> Answer {
    ask(visit, &id, Question::Delete).await
}

async fn ask(visit: Visit, id: &Label, question: Question) -> Answer {
    visit.require(Right::ManageUsers)?;
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let wanted = Wanted::read(&mut reader);
    reader.finish()?;
    let token = show_operator_token(&visit.context(), id).await?;
    show(&visit, Form::new(&visit), &token, &wanted, question)
}

async fn disable(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    execute(&visit, &id, &posted, Question::Disable).await
}

async fn delete(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    execute(&visit, &id, &posted, Question::Delete).await
}

async fn execute(visit: &Visit, id: &Label, posted: &Posted, question: Question) -> Answer {
    visit.require(Right::ManageUsers)?;
    let mut reader = posted.reader();
    let wanted = Wanted::read(&mut reader);
    reader.finish()?;
    let call = visit.write(posted);
    let (done, message) = match question {
        Question::Disable => (disable_operator_token(&call, id).await, "done-token-disabled"),
        Question::Delete => (delete_operator_token(&call, id).await, "done-token-deleted"),
    };
    match done {
        Ok(token) => visit.done(&wanted.path(wanted.cursor), message, &token.name),
        Err(error) => {
            let form = Form::refused(visit, posted, error.into())?;
            let token = show_operator_token(&visit.context(), id).await?;
            let form = form.changed(visit.last_change("operator_token", id.as_str()).await);
            show(visit, form, &token, &wanted, question)
        }
    }
}

fn show(visit: &Visit, form: Form<'_>, token: &OperatorTokenRecord, wanted: &Wanted<'_>, question: Question) -> Answer {
    let form = form.revision(token.revision);
    let (path, title, consequence) = match question {
        Question::Disable => (disable_page(&token.id), "tokens-disable-title", "tokens-disable-lead"),
        Question::Delete => (delete_page(&token.id), "tokens-delete", "tokens-delete-lead"),
    };
    let (action, back) = (visit.url(&path), visit.url(&wanted.path(wanted.cursor)));
    let body = Confirm { v: visit, form: &form, token, wanted, title, consequence, action, back };
    visit.show(Page::new(visit.t(title), &body)?.form(&form))
}
