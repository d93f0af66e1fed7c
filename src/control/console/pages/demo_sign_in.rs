//! The links that `claviger demo` prints.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;

use super::setup_link::worthless;
use super::sign_in::start_session;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visitor;
use crate::control::console::posted_form::Posted;
use crate::control::operations::sign_in_by_demo_link;
use crate::control::web::demo_sign_in::DemoSignInLinks;
use crate::control::web::state::ControlState;

/// None but in a demo.
pub(super) fn routes(state: &ControlState) -> Router<ControlState> {
    match &state.demo_links {
        Some(_) => Router::new().route("/demo/{ticket}", get(show).post(sign_in)),
        None => Router::new(),
    }
}

#[derive(Template)]
#[template(path = "demo.html")]
struct Demo<'p> {
    v: &'p Visitor,
    form: &'p Form<'p>,
    path: String,
    lead: String,
}

async fn show(visitor: Visitor, Path(ticket): Path<String>) -> Answer {
    visitor.caller.count_look()?;
    let state = &visitor.caller.state;
    let Some(user) = links(&visitor).and_then(|links| links.user(&ticket)) else { return worthless(&visitor) };
    let Some(user) = state.store.user(user.as_str()).await? else { return worthless(&visitor) };
    let form = Form::new(&visitor);
    let role = visitor.role(&user.role);
    let lead = visitor.t2("demo-lead", ("email", user.email.as_str()), ("role", role.as_str()));
    let body = Demo { v: &visitor, form: &form, path: format!("/demo/{ticket}"), lead };
    visitor.show(Page::new(visitor.t("demo-title"), &body)?)
}

async fn sign_in(visitor: Visitor, Path(ticket): Path<String>, posted: Posted) -> Answer {
    visitor.caller.count_attempt()?;
    posted.reader().finish()?;
    let Some(links) = links(&visitor) else { return worthless(&visitor) };
    let Some(user) = links.take(&ticket) else { return worthless(&visitor) };
    let signed_in = sign_in_by_demo_link(&visitor.caller.sign_in_context(), &user).await;
    let signed_in = signed_in.inspect_err(|_| links.put_back(&ticket, user))?;
    start_session(&visitor, &signed_in, "/").await
}

/// For browsers on this machine only.
fn links(visitor: &Visitor) -> Option<&DemoSignInLinks> {
    let is_local = visitor.caller.address.is_some_and(|address| address.is_loopback());
    visitor.caller.state.demo_links.as_ref().filter(|_| is_local)
}
