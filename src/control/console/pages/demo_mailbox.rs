//! What a demo would have sent.

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::setup_link::worthless;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visitor;
use crate::control::demo_mailbox::DemoMessage;
use crate::control::web::state::ControlState;

/// None but in a demo.
pub(super) fn routes(state: &ControlState) -> Router<ControlState> {
    match &state.mailbox {
        Some(_) => Router::new().route("/demo/mailbox", get(show)),
        None => Router::new(),
    }
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Mailbox<'p> {
    v: &'p Visitor,
    messages: Vec<DemoMessage>,
}

/// For browsers on this machine only: the messages hold links and codes.
async fn show(visitor: Visitor) -> Answer {
    let is_local = visitor.caller.address.is_some_and(|address| address.is_loopback());
    let Some(mailbox) = visitor.caller.state.mailbox.as_ref().filter(|_| is_local) else {
        return worthless(&visitor);
    };
    let messages = mailbox.messages();
    visitor.show(Page::new(visitor.t("demo-mailbox-title"), &Mailbox { v: &visitor, messages })?)
}
