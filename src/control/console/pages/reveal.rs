//! `/reveal/{ticket}`: shows a secret once, to the holder of a link and of a code. Only a right code consumes anything:
//! scanners open links, press buttons and submit forms.

use std::convert::Infallible;

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};
use jiff::Timestamp;

use super::credentials::example;
use super::message_failures::failure_text;
use crate::control::Sentence;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visitor;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    Caller, CodeProgress, Created, CredentialConflict, NextText, OperationContext, OperationError, PlainSecret,
    RevealObstacle, RevealPage, RevealStanding, Revealed, reveal_secret, send_reveal_code, show_reveal,
};
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;
use crate::credential::RevealCode;
use crate::store::SupersededBy;

pub(in crate::control::console) fn routes() -> Router<ControlState> {
    Router::new().route("/reveal/{ticket}", get(look).post(enter)).route("/reveal/{ticket}/code", post(send))
}

#[derive(Template)]
#[template(path = "reveal.html")]
struct Waiting<'p> {
    v: &'p Visitor,
    account: &'p str,
    /// How the code stands.
    lead: String,
    /// Where a code can be typed: it is there, or on its way.
    code: Option<Field>,
    action: String,
    tries: Option<String>,
    send: &'p str,
    /// Why no code can be sent now.
    no_send: Option<String>,
    ends: String,
}

#[derive(Template)]
#[template(path = "reveal_ended.html")]
struct Ended<'p> {
    v: &'p Visitor,
    heading: String,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "reveal_secret.html")]
struct SecretPage<'p> {
    v: &'p Visitor,
    username: Option<&'p str>,
    secret: &'p str,
    example: Option<String>,
}

/// For operations of the holder of a link.
fn context<'c>(visitor: &'c Visitor, holder: &'c Caller) -> OperationContext<'c> {
    let state = &visitor.caller.state;
    let context = OperationContext::new(&state.store, holder, state.clock.now(), visitor.settings.terms());
    OperationContext { hashes: Some(&state.hashes), installation_keys: state.installation_keys.get(), ..context }
}

/// The ticket of a link; empty for a text that is none.
struct Ticket(String);

impl FromRequestParts<ControlState> for Ticket {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(path.map(|Path(ticket)| ticket).unwrap_or_default()))
    }
}

async fn look(visitor: Visitor, Ticket(ticket): Ticket) -> Answer {
    visitor.caller.count_look()?;
    show(&visitor, &ticket, Form::new(&visitor)).await
}

/// The page as the link stands now. A fault of the form is shown only while there is a form.
async fn show(visitor: &Visitor, ticket: &str, form: Form<'_>) -> Answer {
    let holder = visitor.caller.link_holder();
    let Some(page) = show_reveal(&context(visitor, &holder), ticket).await? else {
        let lines = vec![visitor.t("reveal-worthless-lead")];
        return ended(visitor, StatusCode::NOT_FOUND, visitor.t("reveal-worthless"), lines);
    };
    let RevealStanding::Waiting { code: progress, has_live_code, tries_left, next_text } = page.standing else {
        return no_form(visitor, &page);
    };
    let has_code = has_live_code || matches!(progress, CodeProgress::OnItsWay | CodeProgress::Delayed { .. });
    let lead = code_line(visitor, &progress, &page.mobile_end);
    let mut form = if has_code { form } else { form.without_fields() };
    let code = has_code.then(|| form.line("code", "reveal-code").autocomplete("one-time-code").required());
    let body = Waiting {
        v: visitor,
        account: &page.account,
        lead,
        code,
        action: visitor.url(&format!("/reveal/{ticket}")),
        // All of them are there at first, which needs no words; the refusal of a wrong code has them.
        tries: (tries_left < 5 && !form.is_refused()).then(|| visitor.tn("reveal-tries", &tries_left)),
        send: if has_code { "reveal-send-new" } else { "reveal-send" },
        no_send: match next_text {
            NextText::Now => None,
            NextText::At(next) => Some(visitor.t1("reveal-send-at", "time", &visitor.date_and_time(&next))),
            NextText::Never => Some(visitor.t1("reveal-send-never", "account", &page.account)),
        },
        ends: visitor.t1("reveal-ends", "time", &visitor.date_and_time(&page.ends_at)),
    };
    visitor.show(Page::new(visitor.t("reveal-title"), &body)?.form(&form))
}

/// How far the code has come.
fn code_line(visitor: &Visitor, progress: &CodeProgress, end: &str) -> String {
    let timed = |message: &str, at: &Timestamp| visitor.t2(message, ("end", end), ("time", &visitor.date_and_time(at)));
    let failed = |message: &str, error: &str| {
        let sentence = visitor.t1(message, "end", end);
        match failure_text(error) {
            Some(why) => format!("{sentence} {}", visitor.t(why)),
            None => sentence,
        }
    };
    match progress {
        CodeProgress::None => visitor.t1("reveal-code-none", "end", end),
        CodeProgress::OnItsWay => visitor.t1("reveal-code-coming", "end", end),
        CodeProgress::Delayed { next_at: Some(next), .. } => timed("reveal-code-delayed", next),
        CodeProgress::Delayed { error, next_at: None } => failed("reveal-code-failed", error),
        CodeProgress::Sent { at, code_ends_at } => {
            let left = visitor.tn("reveal-code-works", &minutes_until(*code_ends_at, visitor.now));
            format!("{} {left}", timed("reveal-code-sent", at))
        }
        CodeProgress::Failed { error } => failed("reveal-code-failed", error),
    }
}

/// Rounded up: a code that works has a minute left.
fn minutes_until(end: Timestamp, now: Timestamp) -> i64 {
    let seconds = end.duration_since(now).as_secs().max(1);
    seconds.saturating_add(59) / 60
}

/// A link that shows nothing now, or never again.
fn no_form(visitor: &Visitor, page: &RevealPage) -> Answer {
    let account = &page.account;
    let of_account = |message: &str| visitor.t1(message, "account", account);
    let moment = |at: &Timestamp| visitor.date_and_time(at);
    let timed = |message: &str, at: &Timestamp| visitor.t2(message, ("account", account), ("time", &moment(at)));
    let (status, heading, lines) = match &page.standing {
        RevealStanding::Off(off) => {
            let why = match off {
                RevealObstacle::Access => "reveal-off-access",
                RevealObstacle::Disabled => "reveal-off-disabled",
                RevealObstacle::Expired => "reveal-off-expired",
            };
            (StatusCode::OK, "reveal-off", vec![of_account(why), timed("reveal-off-lead", &page.ends_at)])
        }
        RevealStanding::Revealed { at, from } => {
            let shown = match from {
                Some(from) => visitor.t2("reveal-shown-lead-from", ("time", &moment(at)), ("address", &masked(from))),
                None => visitor.t1("reveal-shown-lead", "time", &moment(at)),
            };
            let lines = vec![shown, of_account("reveal-shown-not-you"), of_account("reveal-shown-lost")];
            (StatusCode::GONE, "reveal-shown", lines)
        }
        RevealStanding::Locked => (StatusCode::GONE, "reveal-locked", vec![of_account("reveal-locked-lead")]),
        RevealStanding::Expired => {
            (StatusCode::GONE, "reveal-expired", vec![timed("reveal-expired-lead", &page.ends_at)])
        }
        RevealStanding::Superseded { by, newer } => {
            let line = match (by, newer) {
                (SupersededBy::Contact, _) => visitor.t("reveal-contact-lead"),
                (SupersededBy::Cleared, None) => of_account("reveal-cleared-lead"),
                (SupersededBy::Voided, None) => of_account("reveal-voided-lead"),
                (_, Some(newer)) => visitor.t1("reveal-resent-lead", "time", &moment(newer)),
                (SupersededBy::Reset, None) => of_account("reveal-reset-lead"),
                (SupersededBy::Resent, None) => visitor.t("reveal-resent-lead-none"),
            };
            (StatusCode::GONE, "reveal-superseded", vec![line])
        }
        // It has a form.
        RevealStanding::Waiting { .. } => (StatusCode::OK, "reveal-title", Vec::new()),
    };
    ended(visitor, status, visitor.t(heading), lines)
}

fn ended(visitor: &Visitor, status: StatusCode, heading: String, lines: Vec<String>) -> Answer {
    let body = Ended { v: visitor, heading: heading.clone(), lines };
    visitor.show(Page::new(heading, &body)?.status(status))
}

async fn enter(visitor: Visitor, Ticket(ticket): Ticket, posted: Posted) -> Answer {
    visitor.caller.count_look()?;
    let mut reader = posted.reader();
    let code = RevealCode::presented(reader.text("code"));
    reader.finish()?;
    let holder = visitor.caller.link_holder();
    let fault = |text: String| Form::refused(&visitor, &posted, Problem::of_field("code", Sentence::Localized(text)));
    let refused =
        |text: String| Form::refused(&visitor, &posted, Problem::new(Code::Invalid, Sentence::Localized(text)));
    let Some(code) = code else {
        return show(&visitor, &ticket, fault(visitor.t("reveal-code-form"))?).await;
    };
    match reveal_secret(&context(&visitor, &holder), &ticket, &code).await? {
        Some(Revealed::Shown(created)) => show_secret(&visitor, &created),
        Some(Revealed::Wrong { tries_left }) => {
            show(&visitor, &ticket, fault(visitor.tn("reveal-wrong", &tries_left))?).await
        }
        Some(Revealed::NotNow) => show(&visitor, &ticket, refused(visitor.t("reveal-code-old"))?).await,
        None => show(&visitor, &ticket, Form::new(&visitor)).await,
    }
}

async fn send(visitor: Visitor, Ticket(ticket): Ticket, posted: Posted) -> Answer {
    visitor.caller.count_look()?;
    posted.reader().finish()?;
    let holder = visitor.caller.link_holder();
    match send_reveal_code(&context(&visitor, &holder), &ticket).await {
        Ok(true) => Ok(visitor.redirect(&format!("/reveal/{ticket}"), None)),
        Ok(false) => show(&visitor, &ticket, Form::new(&visitor)).await,
        Err(OperationError::Other(refused @ CredentialConflict::TextsUsedUp { next, .. })) => {
            let form = Form::refused(&visitor, &posted, refused.into())?;
            let text = visitor.t1("reveal-texts-used-up", "time", &visitor.date_and_time(&next));
            show(&visitor, &ticket, form.detail(text)).await
        }
        // The page says it.
        Err(OperationError::Other(CredentialConflict::TextsEnded)) => {
            show(&visitor, &ticket, Form::new(&visitor)).await
        }
        Err(error) => Err(error.into()),
    }
}

fn show_secret(visitor: &Visitor, created: &Created) -> Answer {
    let username = created.record.username();
    let secret = match &created.secret {
        PlainSecret::Token(token) => token.reveal(),
        // A generated password is ASCII.
        PlainSecret::Password(password) => std::str::from_utf8(password.reveal()).unwrap_or_default(),
        PlainSecret::Chosen | PlainSecret::Sent => "",
    };
    let body = SecretPage { v: visitor, username, secret, example: example(visitor, username, Some(secret)) };
    visitor.show(Page::new(visitor.t("reveal-done"), &body)?)
}

/// Without its last part: enough to know one's own network by.
fn masked(address: &str) -> String {
    match address.rsplit_once(['.', ':']) {
        Some((network, _)) if address.contains(':') => format!("{network}:…"),
        Some((network, _)) => format!("{network}.x"),
        None => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_that_are_left_are_rounded_up() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let after = |seconds: i64| minutes_until(now + jiff::SignedDuration::from_secs(seconds), now);
        assert_eq!([600, 599, 541, 540, 61, 60, 1, 0, -5].map(after), [10, 10, 10, 9, 2, 1, 1, 1, 1]);
        assert!(minutes_until(Timestamp::MAX, now) > 10);
    }

    #[test]
    fn the_last_part_of_an_address_is_masked() {
        assert_eq!(masked("203.0.113.9"), "203.0.113.x");
        assert_eq!(masked("2001:db8::1"), "2001:db8::…");
        assert_eq!(masked("junk"), "…");
        assert_eq!(masked(""), "…");
    }
}
