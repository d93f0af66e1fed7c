use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A position in a file; line 0 stands for the file as a whole. Serialised as `at`, next to `file`.
    #[serde(rename = "at")]
    File {
        /// From 1.
        line: u32,
        /// From 1.
        column: u32,
    },
    /// An environment variable.
    Environment(Arc<str>),
    /// A flag of the command line.
    Flag(&'static str),
}

impl Origin {
    pub const WHOLE_FILE: Self = Self::File { line: 0, column: 0 };
}

impl From<serde_yaml::Location> for Origin {
    fn from(location: serde_yaml::Location) -> Self {
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self::File { line: narrow(location.line()), column: narrow(location.column()) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { line, column } => write!(f, "{line}:{column}"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}
