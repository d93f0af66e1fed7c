//! How a new process takes over from a running one.

use std::path::PathBuf;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a new process takes over from this one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Handover {
    /// The Unix socket where `claviger serve --upgrade` requests the listeners, in a folder that only this user can
    /// enter (mode 0700). Off by default. A change needs a restart.
    pub socket: Option<PathBuf>,
}
