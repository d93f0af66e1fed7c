//! Paths that may have spellings which servers read in different ways.

use super::RoutePath;

/// Spellings that are admitted although servers may read them in two ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spellings {
    /// `%2F`.
    pub encoded_slash: bool,
    /// `//`.
    pub empty_segment: bool,
    /// `%25`.
    pub encoded_percent: bool,
    /// Encoded letters, digits, `-`, `_` and `~`; never a dot.
    pub encoded_unreserved: bool,
}

/// A prefix, and the spellings that are admitted below it. No rule names a path below the prefix, so that no decision
/// depends on how a server reads the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathException {
    /// After the version, and spelled plainly in the request.
    pub path: RoutePath,
    pub allow: Spellings,
}
