//! Routes, and those that need no credential.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PathText;
use crate::config::values::{MethodName, Parsed};

/// Methods on a path.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Every method by default. GET includes HEAD.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Parsed<MethodName>>,
    /// Whole segments, after the version: /payments covers /payments/7, not /paymentsx.
    pub path: Parsed<PathText>,
}

/// A route that needs no credential.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PublicRoute {
    /// Every method by default. GET includes HEAD.
    #[serde(default)]
    pub methods: Vec<Parsed<MethodName>>,
    /// Whole segments, after the version: /events covers /events/7, not /eventsx.
    pub path: Parsed<PathText>,
    /// ignored: a presented credential is not checked, and removed; optional: it must be valid, and names its caller to
    /// the API.
    #[serde(default)]
    pub credential: PublicCredential,
}

/// What a public route does with a presented credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PublicCredential {
    /// It is not checked, and removed.
    #[default]
    Ignored,
    /// It must be valid, and names its caller to the API. Scopes do not apply.
    Optional,
}
