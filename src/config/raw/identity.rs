//! What the API behind learns about the caller.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{HeaderPrefix, Parsed};

/// What the API behind learns about the caller.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// The prefix of the identity headers: X-, a name and a hyphen. Headers of the request that begin with it are
    /// removed.
    pub prefix: Parsed<HeaderPrefix>,
    /// Forward the credential too, for an API that still checks it.
    pub forward_credential: bool,
}

impl Default for Identity {
    fn default() -> Self {
        Self { prefix: Parsed(HeaderPrefix("X-Claviger-".into())), forward_credential: false }
    }
}
