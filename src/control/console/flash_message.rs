//! What has happened, for the status line of the next page: a cookie for one request.

use axum::http::HeaderValue;
use axum::http::header::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::control::web::caller::cookies;

const COOKIE_NAME: &str = "__Host-claviger-notice";
const MAX_SUBJECT_CHARACTERS: usize = 200;
const LIFETIME_SECONDS: u32 = 60;
/// Only such messages are notices: the cookie names one.
const PREFIX: &str = "done-";

/// A message, and the name of what it is about, which is its variable `$subject`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FlashMessage {
    pub(super) message: String,
    pub(super) subject: String,
}

impl FlashMessage {
    /// `message` begins with `done-`.
    pub(super) fn new(message: &'static str, subject: &str) -> Self {
        debug_assert!(message.starts_with(PREFIX), "{message}");
        Self { message: message.to_owned(), subject: subject.chars().take(MAX_SUBJECT_CHARACTERS).collect() }
    }

    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let (_, value) = cookies(headers).find(|(name, _)| *name == COOKIE_NAME)?;
        let (message, subject) = value.split_once('.')?;
        let subject = percent_decode_str(subject).decode_utf8().ok()?;
        let fits = message.starts_with(PREFIX) && subject.chars().count() <= MAX_SUBJECT_CHARACTERS;
        (fits && !subject.contains(char::is_control))
            .then(|| Self { message: message.to_owned(), subject: subject.into_owned() })
    }

    pub(super) fn cookie(&self) -> Option<HeaderValue> {
        let subject = utf8_percent_encode(&self.subject, NON_ALPHANUMERIC);
        set(&format!("{}.{subject}", self.message), LIFETIME_SECONDS)
    }
}

/// Clears the cookie.
pub(super) fn cleared() -> Option<HeaderValue> {
    set("", 0)
}

pub(super) fn is_present(headers: &HeaderMap) -> bool {
    cookies(headers).any(|(name, _)| name == COOKIE_NAME)
}

fn set(value: &str, seconds: u32) -> Option<HeaderValue> {
    let cookie = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&cookie).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    fn read(cookie: &str) -> Option<FlashMessage> {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
        FlashMessage::read(&headers)
    }

    #[test]
    fn a_notice_survives_its_cookie() {
        let notice = FlashMessage::new("done-signed-out", "Zoë; <b>, \"q\"=.");
        let cookie = notice.cookie().unwrap();
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        assert_eq!(read(&format!("a=b; {pair}")), Some(notice));
    }

    #[test]
    fn junk_is_no_notice() {
        let long = format!("{COOKIE_NAME}=done-x.{}", "x".repeat(201));
        for junk in [
            "",
            "=",
            COOKIE_NAME,
            "done-signed-out",
            "layout-skip.x",
            "done-signed-out.%00",
            "done-signed-out.%ff",
            &long[..],
        ] {
            let cookie = if junk.contains(COOKIE_NAME) { junk.to_owned() } else { format!("{COOKIE_NAME}={junk}") };
            assert_eq!(read(&cookie), None, "{junk}");
        }
    }
}
