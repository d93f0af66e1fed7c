//! Use cases: what an account needs the API for.

use std::fmt;
use std::str::FromStr;

const MAX_OTHER_CHARS: usize = 200;
const OTHER: &str = "other: ";

/// A fixed word, or `other: ` and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UseCase {
    /// `third_party_tool`: another vendor's tool works with the account.
    ThirdPartyTool,
    /// `data_extraction`: the account's data is copied elsewhere.
    DataExtraction,
    /// `reporting`.
    Reporting,
    /// `integration`: data is kept the same in another system.
    Integration,
    /// `automation`: replaces manual work.
    Automation,
    /// `other: `, and 1 to 200 characters.
    Other(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be third_party_tool, data_extraction, reporting, integration, automation or \"other: \" and 1 to {MAX_OTHER_CHARS} \
     characters, without control characters"
)]
pub struct UnfitUseCase;

impl UseCase {
    const WORDS: [(&'static str, Self); 5] = [
        ("third_party_tool", Self::ThirdPartyTool),
        ("data_extraction", Self::DataExtraction),
        ("reporting", Self::Reporting),
        ("integration", Self::Integration),
        ("automation", Self::Automation),
    ];
}

impl fmt::Display for UseCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ThirdPartyTool => f.write_str("third_party_tool"),
            Self::DataExtraction => f.write_str("data_extraction"),
            Self::Reporting => f.write_str("reporting"),
            Self::Integration => f.write_str("integration"),
            Self::Automation => f.write_str("automation"),
            Self::Other(text) => write!(f, "{OTHER}{text}"),
        }
    }
}

impl FromStr for UseCase {
    type Err = UnfitUseCase;

    fn from_str(text: &str) -> Result<Self, UnfitUseCase> {
        if let Some((_, known)) = Self::WORDS.into_iter().find(|(word, _)| *word == text) {
            return Ok(known);
        }
        let other = text.strip_prefix(OTHER).ok_or(UnfitUseCase)?.trim();
        let is_fit = (1..=MAX_OTHER_CHARS).contains(&other.chars().count()) && !other.chars().any(char::is_control);
        if is_fit { Ok(Self::Other(other.to_owned())) } else { Err(UnfitUseCase) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_case_reads_back_as_it_is_written() {
        for (word, case) in UseCase::WORDS {
            assert_eq!((case.to_string().as_str(), word.parse()), (word, Ok(case)));
        }
        let other: UseCase = "other:  a plug-in for =door bells ".parse().unwrap();
        assert_eq!(other, UseCase::Other("a plug-in for =door bells".into()));
        assert_eq!(other.to_string().parse(), Ok(other));
    }

    #[test]
    fn empty_and_unprintable_texts_are_refused() {
        let long = format!("other: {}", "x".repeat(201));
        for odd in ["", "other", "other:", "other:  ", "Reporting", "other: a\nb", "other: a\u{85}b", &long] {
            assert_eq!(odd.parse::<UseCase>(), Err(UnfitUseCase), "{odd:?}");
        }
        assert!(format!("other: {}", "ä".repeat(200)).parse::<UseCase>().is_ok());
    }
}
