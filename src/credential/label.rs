//! Short identifiers that are safe in a header, a log line and a file.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

const LONGEST: usize = 128;

/// An identifier of ours: credential, account, version or scope. 1 to 128 characters out of
/// `A-Z a-z 0-9 . _ : @ / + -`, so that it needs no escaping anywhere and can be shared without a copy.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(Bytes);

/// Why a text cannot be a [`Label`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// More than 128 characters.
    #[error("is longer than {LONGEST} characters")]
    TooLong,
    /// A character that would need escaping somewhere.
    #[error("may hold only letters, digits and . _ : @ / + -")]
    Character,
}

impl Label {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        // Only ASCII passes `from_str`; an impossible failure shows as an empty label, which matches nothing.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The same bytes, shared; for a header value without a copy.
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
        if text.len() > LONGEST {
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
    fn only_characters_that_need_no_escaping_are_taken() {
        assert!("acme-billing_2.0:eu@x/y+z".parse::<Label>().is_ok());
        assert_eq!("".parse::<Label>(), Err(LabelError::Empty));
        assert_eq!("a b".parse::<Label>(), Err(LabelError::Character));
        assert_eq!("a\r\nx".parse::<Label>(), Err(LabelError::Character));
        assert_eq!("ä".parse::<Label>(), Err(LabelError::Character));
        assert_eq!("x".repeat(129).parse::<Label>(), Err(LabelError::TooLong));
    }

    #[test]
    fn a_label_reads_back_everywhere_it_is_shown() {
        let longest = "x".repeat(LONGEST);
        for text in ["a", "acme-billing", &longest] {
            let label: Label = text.parse().unwrap();
            assert_eq!((label.as_str(), &*label.to_string(), &*label.to_bytes()), (text, text, text.as_bytes()));
            assert_eq!(format!("{label:?}"), format!("{text:?}"));
        }
    }
}
