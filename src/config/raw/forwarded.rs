//! How names of headers are spelled in forwarded requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How names of headers are spelled in requests to the API over HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeaderNames {
    /// As the caller sent them; the gate's own as X-Claviger-Account.
    #[default]
    AsSent,
    /// In lower case, which takes less CPU.
    Lowercase,
}
