//! What the API behind learns about the caller.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{HeaderPrefix, Parsed};

/// What the API behind learns about the caller.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// The prefix of the identity headers: X-, a name and a hyphen. Headers of the request that begin with it are
    /// removed.
    pub prefix: Parsed<HeaderPrefix>,
    /// The identity headers that the API behind gets, by what follows the prefix; [] for none. The others are removed from
    /// requests all the same.
    pub headers: Vec<IdentityHeader>,
    /// Forward the credential too, for an API that still checks it.
    pub forward_credential: bool,
}

/// What an identity header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdentityHeader {
    /// The id of the credential.
    Credential,
    /// The account of the credential.
    Account,
    /// The version that the request is served at.
    Version,
    /// The scopes of the credential.
    Scopes,
    /// The id of the request.
    RequestId,
}

impl IdentityHeader {
    pub const ALL: [Self; 5] = [Self::Credential, Self::Account, Self::Version, Self::Scopes, Self::RequestId];
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            prefix: Parsed(HeaderPrefix("X-Claviger-".into())),
            headers: IdentityHeader::ALL.into(),
            forward_credential: false,
        }
    }
}
