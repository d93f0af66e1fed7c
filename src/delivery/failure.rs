//! Why an attempt failed.

/// Characters of what the other side said.
const MAX_TEXT: usize = 300;

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendFault {
    pub kind: FailureKind,
    /// What the other side said, on one line, without the secret of the message.
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
    /// The number is no mobile number.
    NotMobile,
    /// The provider does not send to this country.
    CountryOff,
    /// The recipient has opted out of messages.
    OptedOut,
}

impl FailureKind {
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
            Self::NotMobile => "not_mobile",
            Self::CountryOff => "country_off",
            Self::OptedOut => "opted_out",
        }
    }

    /// Whether another attempt makes sense. A refused login does not count as final: an operator corrects it.
    pub fn is_transient(self) -> bool {
        match self {
            Self::Connect | Self::Tls | Self::Login | Self::Timeout | Self::Busy | Self::Response => true,
            Self::Refused | Self::Unfit | Self::NotMobile | Self::CountryOff | Self::OptedOut => false,
        }
    }
}

impl SendFault {
    pub(super) fn new(kind: FailureKind) -> Self {
        Self { kind, text: None }
    }

    /// With what the other side said; `secret` is cut out of it, as servers quote what they refuse.
    pub(super) fn said(kind: FailureKind, text: &str, secret: Option<&str>) -> Self {
        let is_odd = |letter: char| letter.is_control() || letter.is_whitespace();
        let words: Vec<&str> = text.split(is_odd).filter(|word| !word.is_empty()).collect();
        let mut line = words.join(" ");
        if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
            line = line.replace(secret, "…");
            // A code is written with a space in its middle, and a server may write it without.
            let digits: String = secret.chars().filter(char::is_ascii_digit).collect();
            if digits.len() >= 4 && digits.len() == secret.len() {
                let (first, second) = digits.split_at(digits.len() / 2);
                line = line.replace(first, "…").replace(second, "…");
            }
        }
        let text: String = line.chars().take(MAX_TEXT).collect();
        Self { kind, text: (!text.is_empty()).then_some(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_short_line_without_the_secret() {
        let said = |text: &str, secret| SendFault::said(FailureKind::Refused, text, Some(secret)).text;
        assert_eq!(
            said("550 no\r\n link\u{7} https://x/reveal/TICKET here", "TICKET").unwrap(),
            "550 no link https://x/reveal/… here"
        );
        assert_eq!(
            said("Body \"code 4821 9037\" and 48219037 is bad", "48219037").unwrap(),
            "Body \"code … …\" and … is bad"
        );
        assert_eq!(said(&"x".repeat(1000), "y").unwrap().len(), MAX_TEXT);
        assert_eq!(said(" \r\n", "y"), None);
    }
}
