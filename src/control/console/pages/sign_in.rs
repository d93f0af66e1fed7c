//! Signing in and out, and the way back for a lost password.

use askama::Template;
use axum::Router;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use axum::routing::{get, post};

use crate::control::console::flash_message::FlashMessage;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visitor;
use crate::control::console::posted_form::{Fields, Posted};
use crate::control::console::view::own_path;
use crate::control::operations::{SignedIn, note_language, sign_in, sign_out};
use crate::control::web::caller::session_cookie_header;
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/sign-in", get(form).post(begin))
        .route("/sign-out", post(end))
        .route("/forgot", get(forgot).post(ask_for_link))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'p> {
    v: &'p Visitor,
    email: Field,
    password: Field,
    /// Where to go afterwards; empty for the overview.
    next: &'p str,
}

#[derive(Template)]
#[template(path = "forgot.html")]
struct Forgot<'p> {
    v: &'p Visitor,
    /// `None` where no mail is sent.
    email: Option<Field>,
}

async fn form(visitor: Visitor) -> Answer {
    let query = visitor.target.split_once('?').map_or("", |(_, query)| query);
    let query = Fields::parse(query)?;
    show(&visitor, Form::new(&visitor), query.get("next").unwrap_or_default())
}

fn show(visitor: &Visitor, mut form: Form<'_>, next: &str) -> Answer {
    let email = form.email("email", "sign-in-email").autocomplete("username").required();
    let password = form.password("password", "sign-in-password").autocomplete("current-password").required();
    let next = own_path(next).unwrap_or_default();
    let page = Page::new(visitor.t("sign-in-title"), &SignIn { v: visitor, email, password, next })?;
    visitor.show(page.form(&form))
}

async fn begin(visitor: Visitor, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (email, password, next) = (reader.text("email"), reader.password("password"), reader.text("next"));
    reader.finish()?;
    let context = visitor.caller.sign_in_context();
    let attempt = match visitor.caller.count_attempt() {
        Ok(()) => sign_in(&context, email, password).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    let signed_in = match attempt {
        Ok(signed_in) => signed_in,
        Err(problem) => {
            let detail = match (problem.code, problem.retry_after) {
                (Code::SignInFailed, _) => visitor.t("sign-in-wrong"),
                (Code::TooManyRequests, seconds) => visitor.tn("sign-in-too-many", &seconds.unwrap_or(1)),
                _ => return Err(problem),
            };
            return show(&visitor, Form::refused(&visitor, &posted, problem)?.detail(detail), next);
        }
    };
    start_session(&visitor, &signed_in, own_path(next).unwrap_or("/")).await
}

/// Ends the session that the browser has, since the new cookie replaces it, and goes to `path`.
pub(super) async fn start_session(visitor: &Visitor, signed_in: &SignedIn, path: &str) -> Answer {
    if let Some(replaced) = &visitor.caller.session {
        sign_out(&visitor.caller.sign_in_context(), replaced).await?;
    }
    let language = visitor.language.tag.as_str();
    note_language(&visitor.caller.sign_in_context(), signed_in, language).await;
    let seconds = signed_in.ends_at.duration_since(visitor.caller.state.clock.now()).as_secs().max(0);
    Ok(with_session(visitor.redirect(path, None), signed_in.ticket.reveal(), seconds))
}

async fn end(visitor: Visitor, posted: Posted) -> Answer {
    posted.reader().finish()?;
    if let Some(session) = &visitor.caller.session {
        sign_out(&visitor.caller.sign_in_context(), session).await?;
    }
    let response = visitor.redirect("/sign-in", Some(&FlashMessage::new("done-signed-out", "")));
    Ok(with_session(response, "", 0))
}

fn with_session(mut response: Response, value: &str, seconds: i64) -> Response {
    if let Some(cookie) = session_cookie_header(value, seconds) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

async fn forgot(visitor: Visitor) -> Answer {
    show_forgot(&visitor, Form::new(&visitor))
}

fn show_forgot(visitor: &Visitor, mut form: Form<'_>) -> Answer {
    let is_sent = visitor.settings.delivery.mail.is_some() && visitor.settings.public_url.is_some();
    let email = is_sent.then(|| form.email("email", "sign-in-email").autocomplete("username").required());
    let page = Page::new(visitor.t("sign-in-forgot-title"), &Forgot { v: visitor, email })?;
    visitor.show(page.form(&form))
}

/// The same answer, at the same time, whether a user has the address or not.
async fn ask_for_link(visitor: Visitor, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let email = reader.text("email").to_owned();
    reader.finish()?;
    if let Err(problem) = visitor.caller.count_attempt() {
        let detail = visitor.tn("sign-in-too-many", &problem.retry_after.unwrap_or(1));
        return show_forgot(&visitor, Form::refused(&visitor, &posted, problem)?.detail(detail));
    }
    if let Err(problem) = visitor.caller.request_new_password(email) {
        return show_forgot(&visitor, Form::refused(&visitor, &posted, problem)?);
    }
    Ok(visitor.redirect("/sign-in", Some(&FlashMessage::new("done-lost-password", ""))))
}
