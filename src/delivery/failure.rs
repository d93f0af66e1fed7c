//! Why an attempt failed.

/// Characters of an answer.
const MAX_TEXT: usize = 300;

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendFault {
    pub kind: FailureKind,
    /// The answer of the server, on one line, without secret and recipient of the message.
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection.
    Connect,
    /// No trusted encryption.
    Tls,
    /// User name, password or token refused.
    Login,
    /// No answer in time; the message may have gone out.
    Timeout,
    /// Refused for now: a 4xx of SMTP, 429 or 5xx of HTTP.
    Busy,
    /// The answer makes no sense.
    Response,
    /// Refused for good.
    Refused,
    /// The message cannot be written for this recipient.
    Unfit,
    /// There is no such number.
    InvalidNumber,
    /// The number is no mobile number.
    NotMobile,
    /// The provider does not send to this country.
    CountryOff,
    /// The recipient has opted out of messages.
    OptedOut,
    /// Its purpose ended while the connection was made; nothing was sent.
    Ended,
}

impl FailureKind {
    pub const ALL: [Self; 13] = [
        Self::Connect,
        Self::Tls,
        Self::Login,
        Self::Timeout,
        Self::Busy,
        Self::Response,
        Self::Refused,
        Self::Unfit,
        Self::InvalidNumber,
        Self::NotMobile,
        Self::CountryOff,
        Self::OptedOut,
        Self::Ended,
    ];

    /// A stable word, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::Timeout => "timeout",
            Self::Busy => "busy",
            Self::Response => "response",
            Self::Refused => "refused",
            Self::Unfit => "unfit",
            Self::InvalidNumber => "invalid_number",
            Self::NotMobile => "not_mobile",
            Self::CountryOff => "country_off",
            Self::OptedOut => "opted_out",
            Self::Ended => "ended",
        }
    }

    /// Whether another attempt makes sense. A refused login does not count as final: an operator corrects it.
    pub fn is_transient(self) -> bool {
        match self {
            Self::Connect | Self::Tls | Self::Login | Self::Timeout | Self::Busy | Self::Response => true,
            Self::Refused
            | Self::Unfit
            | Self::InvalidNumber
            | Self::NotMobile
            | Self::CountryOff
            | Self::OptedOut
            | Self::Ended => false,
        }
    }

    /// Whether the recipient may have received the message all the same.
    pub fn is_outcome_unknown(self) -> bool {
        matches!(self, Self::Timeout | Self::Response)
    }
}

impl SendFault {
    pub(super) fn new(kind: FailureKind) -> Self {
        Self { kind, text: None }
    }

    pub(super) fn explained(kind: FailureKind, text: &str) -> Self {
        Self { kind, text: Some(text.to_owned()) }
    }

    /// With the answer of the server, on one line, without the private parts of the message: servers quote what they
    /// refuse.
    pub(super) fn answered(kind: FailureKind, text: &str, private: Private<'_>) -> Self {
        let is_odd = |letter: char| letter.is_control() || letter.is_whitespace();
        let words: Vec<&str> = text.split(is_odd).filter(|word| !word.is_empty()).collect();
        let line = private.cut_from(words.join(" "));
        let text: String = line.chars().take(MAX_TEXT).collect();
        Self { kind, text: (!text.is_empty()).then_some(text) }
    }
}

/// What must not come back in an error.
#[derive(Clone, Copy, Default)]
pub(super) struct Private<'p> {
    /// Ticket, code or password.
    pub(super) secret: Option<&'p str>,
    /// E-mail address or number.
    pub(super) recipient: Option<&'p str>,
}

impl Private<'_> {
    fn cut_from(self, mut line: String) -> String {
        if let Some(secret) = self.secret.filter(|secret| !secret.is_empty()) {
            line = line.replace(secret, "…");
            // A code is written with a space in its middle, and a server may write it without.
            let digits: String = secret.chars().filter(char::is_ascii_digit).collect();
            if digits.len() >= 4 && digits.len() == secret.len() {
                let (first, second) = digits.split_at(digits.len() / 2);
                line = line.replace(first, "…").replace(second, "…");
            }
        }
        for part in self.recipient.into_iter().flat_map(|recipient| [recipient, recipient.trim_start_matches('+')]) {
            line = without(&line, part);
        }
        line
    }
}

/// Cuts a part out of a line, in upper and lower case of ASCII.
fn without(line: &str, part: &str) -> String {
    if part.is_empty() {
        return line.to_owned();
    }
    // Of the same length in bytes as the line.
    let (folded, part) = (line.to_ascii_lowercase(), part.to_ascii_lowercase());
    let (mut kept, mut from) = (String::with_capacity(line.len()), 0);
    for (at, found) in folded.match_indices(&part) {
        kept.push_str(line.get(from..at).unwrap_or_default());
        kept.push('…');
        from = at + found.len();
    }
    kept.push_str(line.get(from..).unwrap_or_default());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_short_line_without_the_secret() {
        let answered = |text: &str, secret| {
            let private = Private { secret: Some(secret), recipient: None };
            SendFault::answered(FailureKind::Refused, text, private).text
        };
        assert_eq!(
            answered("550 no\r\n link\u{7} https://x/reveal/TICKET here", "TICKET").unwrap(),
            "550 no link https://x/reveal/… here"
        );
        assert_eq!(
            answered("Body \"code 4821 9037\" and 48219037 is bad", "48219037").unwrap(),
            "Body \"code … …\" and … is bad"
        );
        assert_eq!(answered(&"x".repeat(1000), "y").unwrap().len(), MAX_TEXT);
        assert_eq!(answered(" \r\n", "y"), None);
    }
    #[test]
    fn a_text_does_not_name_the_recipient() {
        let answered = |text: &str, recipient| {
            let private = Private { secret: None, recipient: Some(recipient) };
            SendFault::answered(FailureKind::Refused, text, private).text.unwrap()
        };
        assert_eq!(
            answered("550 <Dev@Büro.example> unknown: dev@Büro.example", "dev@Büro.example"),
            "550 <…> unknown: …"
        );
        assert_eq!(answered("'+447700900123' and 447700900123 are bad", "+447700900123"), "'…' and … are bad");
        assert_eq!(answered("550 no", ""), "550 no");
    }

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<_> = FailureKind::ALL.into_iter().map(FailureKind::as_str).collect();
        assert_eq!(words.len(), FailureKind::ALL.len());
    }
}
