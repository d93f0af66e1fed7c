//! `/operator-tokens/{id}/delete`

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::operator_tokens::LIST;
use super::page_urls::page_of;
use super::url_params::Id;
use crate::control::console::form::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Right, delete_operator_token, show_operator_token};
use crate::control::web::state::ControlState;
use crate::store::OperatorTokenRecord;

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route("/operator-tokens/{id}/delete", get(ask).post(delete))
}

#[derive(Template)]
#[template(path = "token_delete.html")]
struct Delete<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    token: &'p OperatorTokenRecord,
    action: String,
}

async fn ask(visit: Visit, Id(id): Id) -> Answer {
    visit.require(Right::ManageUsers)?;
    let token = show_operator_token(&visit.context(), &id).await?;
    show(&visit, Form::new(&visit), &token)
}

async fn delete(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    visit.require(Right::ManageUsers)?;
    posted.reader().finish()?;
    match delete_operator_token(&visit.write(&posted), &id).await {
        Ok(token) => visit.done(LIST, "done-token-deleted", &token.name),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let token = show_operator_token(&visit.context(), &id).await?;
            let form = form.changed(visit.last_change("operator_token", id.as_str()).await);
            show(&visit, form, &token)
        }
    }
}

fn show(visit: &Visit, form: Form<'_>, token: &OperatorTokenRecord) -> Answer {
    let form = form.revision(token.revision);
    let action = visit.url(&format!("{}/delete", page_of(LIST, &token.id)));
    let body = Delete { v: visit, form: &form, token, action };
    visit.show(Page::new(visit.t("tokens-delete"), &body)?.form(&form))
}
