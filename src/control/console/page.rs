//! A page within its layout.

use askama::Template;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::flash_message;
use super::form_state::Form;
use super::markup::Markup;
use super::view::View;
use super::wording::Wording;
use crate::control::web::problem::Problem;

pub(super) type Answer = Result<Response, Problem>;

/// What stands in `<main>`, and how.
pub(super) struct Page {
    title: String,
    body: Markup,
    status: StatusCode,
    summary: Vec<(Option<&'static str>, Wording)>,
    done: Option<DoneLink>,
    retry_after: Option<u32>,
}

/// Where to go on from a page that shows a secret, for a request that repeats it. In the extensions of the response.
#[derive(Clone)]
pub(super) struct DoneLink(pub(super) String);

/// Marks a response that is a page already, whatever its status. In its extensions.
#[derive(Clone, Copy)]
pub(super) struct Rendered;

/// What stands around `<main>`.
#[derive(Default)]
pub(super) struct Surroundings {
    pub(super) menu: Vec<MenuSection>,
    /// `None` where no one is signed in.
    pub(super) person: Option<Person>,
    pub(super) account: Option<String>,
}

pub(super) struct MenuSection {
    pub(super) label: String,
    pub(super) lines: Vec<MenuLine>,
}

#[derive(Clone)]
pub(super) struct MenuLine {
    pub(super) label: String,
    pub(super) href: String,
    pub(super) is_current: bool,
    pub(super) count: Option<u64>,
}

pub(super) struct Person {
    pub(super) name: String,
    pub(super) role: String,
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'p> {
    v: &'p View,
    page: &'p Page,
    around: &'p Surroundings,
    title: String,
    status: Option<String>,
}

impl Page {
    /// # Errors
    /// When the template cannot be rendered.
    pub(super) fn new(title: impl Into<String>, body: &impl Template) -> Result<Self, Problem> {
        let body = Markup::of(body)?;
        Ok(Self {
            title: title.into(),
            body,
            status: StatusCode::OK,
            summary: Vec::new(),
            retry_after: None,
            done: None,
        })
    }

    /// With the faults of a form: in a summary that has the focus, and in the title.
    #[must_use]
    pub(super) fn form(self, form: &Form<'_>) -> Self {
        Self { status: form.status(), summary: form.summary(), retry_after: form.retry_after(), ..self }
    }

    #[must_use]
    pub(super) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The answer to a POST that shows a secret once. `next` is the page to go on to.
    #[must_use]
    pub(super) fn secret(self, next: String) -> Self {
        Self { done: Some(DoneLink(next)), ..self }
    }

    /// # Errors
    /// When the layout cannot be rendered.
    pub(super) fn respond(self, v: &View, around: &Surroundings) -> Answer {
        let mut title = match &around.account {
            Some(account) => format!("{} – {account} – {}", self.title, v.brand().name),
            None => format!("{} – {}", self.title, v.brand().name),
        };
        if !self.summary.is_empty() {
            title = v.t1("layout-error-title", "title", &title);
        }
        let status = v
            .notice
            .as_ref()
            .and_then(|notice| v.find(&notice.message).map(|_| v.t1(&notice.message, "subject", &notice.subject)));
        let html = Markup::of(&Layout { v, page: &self, around, title, status })?.into_string();
        let html = if html.contains(is_unfit) { html.replace(is_unfit, "\u{fffd}") } else { html };
        let mut response = (self.status, html).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if v.has_notice_cookie
            && let Some(cookie) = flash_message::cleared()
        {
            headers.append(SET_COOKIE, cookie);
        }
        response.extensions_mut().insert(Rendered);
        if let Some(done) = self.done {
            response.extensions_mut().insert(done);
        }
        Ok(response)
    }
}

/// Control characters, which HTML does not allow, and which what was typed may have.
fn is_unfit(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\x0c')
}
