//! Where credentials come from.

use std::path::PathBuf;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{DatabaseUrl, Parsed};

/// Where credentials come from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Credentials {
    /// A YAML file, relative to this one; it is read again when it changes.
    pub file: Option<PathBuf>,
    /// sqlite:FILE, relative to this file, or postgres://USER:PASSWORD@HOST/DATABASE. A change needs a restart.
    pub database: Option<Parsed<DatabaseUrl>>,
    /// A file that holds the address of the database, which keeps its password out of this file.
    pub database_file: Option<PathBuf>,
}
