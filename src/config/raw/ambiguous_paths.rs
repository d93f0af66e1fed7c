//! Paths that servers may read in two ways.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PathText;
use crate::config::values::Parsed;

/// A path, and the spellings that the gate admits below it although servers may read them in two ways.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PathException {
    /// Whole segments, after the version, as in a scope. The entry applies to a request that spells this path plainly. No
    /// scope, public route, upgrade or other entry of paths may name a path below it.
    pub path: Parsed<PathText>,
    /// encoded_slash: %2F; empty_segment: //, also at the end; encoded_percent: %25; encoded_unreserved: encoded letters,
    /// digits, hyphens, underscores and tildes, such as %7E, never a dot. Dot segments stay refused in every spelling.
    pub allow: Vec<Spelling>,
}

/// A spelling that is refused elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// %2F.
    EncodedSlash,
    /// //, also at the end.
    EmptySegment,
    /// %25.
    EncodedPercent,
    /// Encoded letters, digits, hyphens, underscores and tildes, such as %7E; never a dot (%2E).
    EncodedUnreserved,
}
