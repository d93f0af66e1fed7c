//! The contents of an exported file in numbers, as a header: the formats have no place for them.

use std::fmt;
use std::str::FromStr;

use crate::control::operations::Exported;
use crate::formats::LeftOut;

/// As text a dictionary of integers (RFC 9651) without zeros: `credentials=3, tokens=2`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// In the file.
    pub credentials: usize,
    /// Left out because their rows cannot be read.
    pub unreadable: usize,
    /// What the format has no place for.
    pub left_out: LeftOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a dictionary of integers")]
pub struct InvalidExportSummary;

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
    type Err = InvalidExportSummary;

    /// Ignores unknown names: a later version may send more.
    fn from_str(text: &str) -> Result<Self, InvalidExportSummary> {
        let mut summary = Self::default();
        for member in text.split(',') {
            let (name, count) = member.trim().split_once('=').ok_or(InvalidExportSummary)?;
            let count = count.parse().map_err(|_| InvalidExportSummary)?;
            if let Some((_, place)) = summary.numbers().into_iter().find(|(other, _)| *other == name) {
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
    fn a_summary_parses_back_and_leaves_zeros_out() {
        let left_out = LeftOut { tokens: 2, limits: 1, ..LeftOut::default() };
        let summary = ExportSummary { credentials: 3, unreadable: 4, left_out };
        assert_eq!(summary.to_string(), "credentials=3, unreadable=4, tokens=2, limits=1");
        assert_eq!(summary.to_string().parse(), Ok(summary));
        assert_eq!(ExportSummary::default().to_string(), "credentials=0");
        assert_eq!("credentials=1, later=2".parse::<ExportSummary>().map(|read| read.credentials), Ok(1));
        for junk in ["", "credentials", "credentials=x", "credentials=-1"] {
            assert_eq!(junk.parse::<ExportSummary>(), Err(InvalidExportSummary), "{junk}");
        }
    }
}
