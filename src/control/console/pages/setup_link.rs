//! Set-up links, with which people choose a password.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;

use crate::control::Sentence;
use crate::control::console::flash_message::FlashMessage;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visitor;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{FirstUser, SetupLinkFor, show_setup_link, use_setup_link};
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;
use crate::credential::{PlainLinkToken, PlainPassword};

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route("/setup", get(enter).post(open)).route("/setup/{ticket}", get(look).post(choose))
}

/// For links of the form `/setup#TICKET`, which only a script can read.
#[derive(Template)]
#[template(path = "setup_enter.html")]
struct Enter<'p> {
    v: &'p Visitor,
    ticket: Field,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Choose<'p> {
    v: &'p Visitor,
    form: &'p Form<'p>,
    path: String,
    /// `None` where the link creates the first user.
    email: Option<&'p str>,
    first: Option<[Field; 2]>,
    password: Field,
    again: Field,
}

#[derive(Template)]
#[template(path = "setup_worthless.html")]
struct Worthless<'p> {
    v: &'p Visitor,
}

async fn enter(visitor: Visitor) -> Answer {
    let mut form = Form::new(&visitor);
    let ticket = form.line("ticket", "setup-ticket").required();
    visitor.show(Page::new(visitor.t("setup-title"), &Enter { v: &visitor, ticket })?)
}

async fn open(visitor: Visitor, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let ticket = reader.text("ticket").trim_start_matches('#');
    reader.finish()?;
    match PlainLinkToken::presented(ticket) {
        Some(ticket) => Ok(visitor.redirect(&format!("/setup/{}", ticket.reveal()), None)),
        None => worthless(&visitor),
    }
}

async fn look(visitor: Visitor, Path(ticket): Path<String>) -> Answer {
    visitor.caller.count_look()?;
    match show_setup_link(&visitor.caller.state.store, visitor.now, &ticket).await? {
        Some(link) => show(&visitor, Form::new(&visitor), &ticket, &link),
        None => worthless(&visitor),
    }
}

fn show(visitor: &Visitor, mut form: Form<'_>, ticket: &str, link: &SetupLinkFor) -> Answer {
    let (email, first) = match link {
        SetupLinkFor::User { email } => (Some(email.as_str()), None),
        SetupLinkFor::First => {
            let email = form.email("email", "setup-email").autocomplete("username").required();
            (None, Some([email, form.line("name", "setup-name").autocomplete("name")]))
        }
    };
    let password = form.password("password", "setup-password").autocomplete("new-password").required();
    let again = form.password("password_again", "setup-password-again").autocomplete("new-password").required();
    let path = format!("/setup/{ticket}");
    let body = Choose { v: visitor, form: &form, path, email, first, password, again };
    visitor.show(Page::new(visitor.t("setup-title"), &body)?.form(&form))
}

async fn choose(visitor: Visitor, Path(ticket): Path<String>, posted: Posted) -> Answer {
    let counted = visitor.caller.count_attempt();
    if counted.is_err() {
        // The form is shown again, which reads the link.
        visitor.caller.count_look()?;
    }
    let Some(link) = show_setup_link(&visitor.caller.state.store, visitor.now, &ticket).await? else {
        return worthless(&visitor);
    };
    let mut reader = posted.reader();
    let first = (link == SetupLinkFor::First)
        .then(|| FirstUser { email: reader.text("email").to_owned(), name: reader.optional("name") });
    let (password, again) = (reader.password("password"), reader.password("password_again"));
    reader.finish()?;
    let done = match counted.and_then(|()| same(&visitor, &password, &again)) {
        Ok(()) => {
            let used = use_setup_link(&visitor.caller.sign_in_context(), &ticket, password, first).await;
            used.map_err(Problem::from)
        }
        Err(problem) => Err(problem),
    };
    match done {
        Ok(_) => Ok(visitor.redirect("/sign-in", Some(&FlashMessage::new("done-password-set", "")))),
        Err(problem) if problem.code == Code::LinkWorthless => worthless(&visitor),
        Err(problem) => {
            let is_taken = problem.code == Code::Taken;
            let form = Form::refused(&visitor, &posted, problem)?;
            show(&visitor, if is_taken { form.at("email") } else { form }, &ticket, &link)
        }
    }
}

/// # Errors
/// At the second field, when both differ.
fn same(visitor: &Visitor, password: &PlainPassword, again: &PlainPassword) -> Result<(), Problem> {
    let is_same = password.reveal() == again.reveal();
    if is_same {
        Ok(())
    } else {
        Err(Problem::of_field("password_again", Sentence::Localized(visitor.t("form-password-differs"))))
    }
}

/// Used, expired, replaced and never created look the same.
pub(super) fn worthless(visitor: &Visitor) -> Answer {
    let page = Page::new(visitor.t("setup-worthless"), &Worthless { v: visitor })?;
    visitor.show(page.status(StatusCode::GONE))
}
