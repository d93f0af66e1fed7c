//! How a new process takes over, as it is written.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a new process takes over from this one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Handover {
    /// Where `claviger serve --upgrade` asks for the listeners: the path of a Unix socket in a folder that
    /// nobody else may enter (mode 0700). None by default: never. A change needs a restart.
    pub socket: Option<PathBuf>,
}
