//! What an attempt sends, and what came of it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Of an answer that is shown.
const MAX_EXCERPT_BYTES: usize = 1024;
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// An event as it is sent (Standard Webhooks 1.0).
#[derive(Clone)]
pub struct WebhookRequest {
    /// `msg_…`, the same in every attempt.
    pub id: String,
    /// Seconds, of this attempt.
    pub timestamp: i64,
    /// The value of `webhook-signature`, with the version of each signature.
    pub signature: String,
    /// JSON.
    pub body: Bytes,
}

/// Without the body.
impl fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookRequest").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookResponse {
    /// `None` where nothing was answered.
    pub status: Option<u16>,
    pub outcome: WebhookOutcome,
    /// `None` where it was delivered, or not sent.
    pub error: Option<AttemptError>,
    /// At most 24 hours; of a 429 or 503 only.
    pub retry_after: Option<Duration>,
    /// The first KiB of the answer on one line, `None` where it is empty, or where the address is not public.
    pub excerpt: Option<String>,
    pub duration_millis: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookOutcome {
    /// A 2xx, whatever follows its head.
    Delivered,
    /// 410: the receiver wants no more of them.
    Gone,
    Failed,
    /// This process was too busy to begin: not an attempt, and to be repeated without counting one.
    NotSent,
}

/// Why an event was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptError {
    RedirectNotFollowed,
    AddressNotPublic,
    NameNotFound,
    ConnectionFailed,
    TlsFailed,
    TimedOut,
    /// Another status than 2xx and 3xx.
    ResponseStatus,
    /// The rules changed since the webhook was saved.
    DestinationNotAllowed,
}

impl AttemptError {
    pub const ALL: [Self; 8] = [
        Self::RedirectNotFollowed,
        Self::AddressNotPublic,
        Self::NameNotFound,
        Self::ConnectionFailed,
        Self::TlsFailed,
        Self::TimedOut,
        Self::ResponseStatus,
        Self::DestinationNotAllowed,
    ];

    /// A stable word, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RedirectNotFollowed => "redirect_not_followed",
            Self::AddressNotPublic => "address_not_public",
            Self::NameNotFound => "name_not_found",
            Self::ConnectionFailed => "connection_failed",
            Self::TlsFailed => "tls_failed",
            Self::TimedOut => "timed_out",
            Self::ResponseStatus => "response_status",
            Self::DestinationNotAllowed => "destination_not_allowed",
        }
    }
}

impl WebhookResponse {
    pub(super) fn unanswered(error: AttemptError) -> Self {
        Self {
            status: None,
            outcome: WebhookOutcome::Failed,
            error: Some(error),
            retry_after: None,
            excerpt: None,
            duration_millis: 0,
        }
    }

    pub(super) fn not_sent() -> Self {
        Self {
            status: None,
            outcome: WebhookOutcome::NotSent,
            error: None,
            retry_after: None,
            excerpt: None,
            duration_millis: 0,
        }
    }

    pub(super) fn answered(status: u16) -> Self {
        let (outcome, error) = match status {
            200..=299 => (WebhookOutcome::Delivered, None),
            300..=399 => (WebhookOutcome::Failed, Some(AttemptError::RedirectNotFollowed)),
            410 => (WebhookOutcome::Gone, Some(AttemptError::ResponseStatus)),
            _ => (WebhookOutcome::Failed, Some(AttemptError::ResponseStatus)),
        };
        Self { status: Some(status), outcome, error, retry_after: None, excerpt: None, duration_millis: 0 }
    }
}

/// Seconds or a date (RFC 9110, 10.2.3), `None` for anything else. `now` in seconds.
pub(super) fn retry_after(value: &str, now: i64) -> Option<Duration> {
    let value = value.trim();
    let wait = if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) {
        // More digits than fit are more than a day, too.
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let date: Timestamp = rfc2822::parse(value).ok()?.timestamp();
        Duration::from_secs(u64::try_from(date.as_second().saturating_sub(now)).unwrap_or_default())
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// The beginning of an answer as text on one line. What could change how the rest of a page reads is replaced.
pub(super) fn excerpt(body: &[u8]) -> Option<String> {
    let (start, is_cut) = match body.get(..MAX_EXCERPT_BYTES) {
        Some(start) => (start, body.len() > start.len()),
        None => (body, false),
    };
    let mut text = String::from_utf8_lossy(start).into_owned();
    if is_cut {
        // A character that the cut went through.
        text.truncate(text.trim_end_matches(char::REPLACEMENT_CHARACTER).len());
    }
    let plain: String = text.chars().map(plain).collect();
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

fn plain(letter: char) -> char {
    match letter {
        '\n' | '\r' | '\t' => ' ',
        // Invisible letters and marks of direction.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => '\u{fffd}',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_to_go_on() {
        for (status, outcome, error) in [
            (200, WebhookOutcome::Delivered, None),
            (204, WebhookOutcome::Delivered, None),
            (299, WebhookOutcome::Delivered, None),
            (300, WebhookOutcome::Failed, Some(AttemptError::RedirectNotFollowed)),
            (307, WebhookOutcome::Failed, Some(AttemptError::RedirectNotFollowed)),
            (400, WebhookOutcome::Failed, Some(AttemptError::ResponseStatus)),
            (410, WebhookOutcome::Gone, Some(AttemptError::ResponseStatus)),
            (500, WebhookOutcome::Failed, Some(AttemptError::ResponseStatus)),
            (999, WebhookOutcome::Failed, Some(AttemptError::ResponseStatus)),
        ] {
            let response = WebhookResponse::answered(status);
            assert_eq!((response.status, response.outcome, response.error), (Some(status), outcome, error));
        }
        let words: std::collections::BTreeSet<_> = AttemptError::ALL.into_iter().map(AttemptError::as_str).collect();
        assert_eq!(words.len(), AttemptError::ALL.len());
    }

    /// 2015-10-21 07:28:00 UTC is 1,445,412,480.
    #[test]
    fn a_receiver_may_ask_for_a_pause_of_up_to_a_day() {
        const NOW: i64 = 1_445_412_480;
        let day = Some(MAX_RETRY_AFTER);
        for (value, wait) in [
            ("0", Some(Duration::ZERO)),
            (" 120 ", Some(Duration::from_secs(120))),
            ("86401", day),
            ("99999999999999999999999", day),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(Duration::from_secs(30))),
            ("Wed, 21 Oct 2015 07:27:30 GMT", Some(Duration::ZERO)),
            ("Wed, 21 Oct 2099 07:28:00 GMT", day),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("120 s", None),
        ] {
            assert_eq!(retry_after(value, NOW), wait, "{value}");
        }
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:30 GMT", i64::MIN), day);
    }

    #[test]
    fn an_excerpt_is_one_line_of_plain_text() {
        assert_eq!(
            excerpt(b"  line one\r\nline two\t\0\x1b[31m "),
            Some("line one  line two \u{fffd}\u{fffd}[31m".into())
        );
        assert_eq!(excerpt("a\u{202e}b\u{200b}c".as_bytes()), Some("a\u{fffd}b\u{fffd}c".into()));
        assert_eq!(excerpt(b"\xff\xfe"), Some("\u{fffd}\u{fffd}".into()));
        assert_eq!((excerpt(b""), excerpt(b" \n")), (None, None));
        let long = format!("{}€tail", "x".repeat(MAX_EXCERPT_BYTES - 1));
        assert_eq!(excerpt(long.as_bytes()), Some("x".repeat(MAX_EXCERPT_BYTES - 1)));
    }
}
