//! Identifiers that need no escaping in headers, log lines and files.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

const MAX_LENGTH: usize = 128;

/// The id of a credential or account, or the name of a version or scope: 1 to 128 characters of
/// `A-Z a-z 0-9 . _ : @ / + -`. Cloned without a copy.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(Bytes);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    #[error("must not be empty")]
    Empty,
    #[error("is longer than {MAX_LENGTH} characters")]
    TooLong,
    #[error("may contain only letters, digits and . _ : @ / + -")]
    Character,
}

impl Label {
    /// In characters.
    pub const MAX_LENGTH: usize = MAX_LENGTH;

    pub fn as_str(&self) -> &str {
        // `from_str` accepts ASCII only, so the default is never used. It would match nothing.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Cloned without a copy; for header values.
    pub fn to_bytes(&self) -> Bytes {
        self.0.clone()
    }
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        if text.is_empty() {
            return Err(LabelError::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(LabelError::TooLong);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@/+-".contains(&byte);
        if !text.bytes().all(allowed) {
            return Err(LabelError::Character);
        }
        Ok(Self(Bytes::from(text.as_bytes().to_vec().into_boxed_slice())))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_characters_that_need_no_escaping_are_accepted() {
        assert!("acme-billing_2.0:eu@x/y+z".parse::<Label>().is_ok());
        assert_eq!("".parse::<Label>(), Err(LabelError::Empty));
        assert_eq!("a b".parse::<Label>(), Err(LabelError::Character));
        assert_eq!("a\r\nx".parse::<Label>(), Err(LabelError::Character));
        assert_eq!("ä".parse::<Label>(), Err(LabelError::Character));
        assert_eq!("x".repeat(129).parse::<Label>(), Err(LabelError::TooLong));
    }

    #[test]
    fn a_label_displays_as_it_was_parsed() {
        let longest = "x".repeat(MAX_LENGTH);
        for text in ["a", "acme-billing", &longest] {
            let label: Label = text.parse().unwrap();
            assert_eq!((label.as_str(), &*label.to_string(), &*label.to_bytes()), (text, text, text.as_bytes()));
            assert_eq!(format!("{label:?}"), format!("{text:?}"));
        }
    }
}
