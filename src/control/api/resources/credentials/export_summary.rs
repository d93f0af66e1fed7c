//! How much a file of credentials holds, in a header: the file itself has no place for it.

use std::fmt;
use std::str::FromStr;

use crate::control::operations::Exported;
use crate::formats::LeftOut;

/// What a file holds, and what not. As text a dictionary of numbers (RFC 9651), of which those that are none are left
/// out: `credentials=3, tokens=2`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// How many credentials it holds.
    pub credentials: usize,
    /// How many cannot be read, and are left out.
    pub unreadable: usize,
    /// What it has no place for.
    pub left_out: LeftOut,
}

/// A text that is no summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no dictionary of numbers")]
pub struct NoSummary;

impl ExportSummary {
    fn numbers(&mut self) -> [(&'static str, &mut usize); 8] {
        let left = &mut self.left_out;
        [
            ("credentials", &mut self.credentials),
            ("unreadable", &mut self.unreadable),
            ("tokens", &mut left.tokens),
            ("cleared", &mut left.cleared),
            ("previous", &mut left.previous),
            ("owners", &mut left.owners),
            ("notes", &mut left.notes),
            ("limits", &mut left.limits),
        ]
    }
}

impl From<&Exported> for ExportSummary {
    fn from(exported: &Exported) -> Self {
        Self { credentials: exported.count, unreadable: exported.unreadable.len(), left_out: exported.left_out }
    }
}

impl fmt::Display for ExportSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = *self;
        write!(f, "credentials={}", self.credentials)?;
        let others = numbers.numbers().into_iter().skip(1).filter(|(_, count)| **count > 0);
        others.into_iter().try_for_each(|(name, count)| write!(f, ", {name}={count}"))
    }
}

impl FromStr for ExportSummary {
    type Err = NoSummary;

    /// What a later program counts too is passed over.
    fn from_str(text: &str) -> Result<Self, NoSummary> {
        let mut summary = Self::default();
        for member in text.split(',') {
            let (name, count) = member.trim().split_once('=').ok_or(NoSummary)?;
            let count = count.parse().map_err(|_| NoSummary)?;
            if let Some((_, place)) = summary.numbers().into_iter().find(|(known, _)| *known == name) {
                *place = count;
            }
        }
        Ok(summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_reads_back_and_says_nothing_of_nothing() {
        let left_out = LeftOut { tokens: 2, limits: 1, ..LeftOut::default() };
        let summary = ExportSummary { credentials: 3, unreadable: 4, left_out };
        assert_eq!(summary.to_string(), "credentials=3, unreadable=4, tokens=2, limits=1");
        assert_eq!(summary.to_string().parse(), Ok(summary));
        assert_eq!(ExportSummary::default().to_string(), "credentials=0");
        assert_eq!("credentials=1, later=2".parse::<ExportSummary>().map(|read| read.credentials), Ok(1));
        for junk in ["", "credentials", "credentials=x", "credentials=-1"] {
            assert_eq!(junk.parse::<ExportSummary>(), Err(NoSummary), "{junk}");
        }
    }
}
