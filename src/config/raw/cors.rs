//! Pages of other origins.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{AllowedHeader, HumanDuration, MethodName, Parsed, WebOrigin};

/// Pages of other origins that may call the API from a browser (CORS): the gate answers their preflights, and its
/// refusals let them read why.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// The origins, exactly as browsers send them: scheme://host, with a port other than the scheme's own.
    pub origins: Vec<Parsed<WebOrigin>>,
    /// The methods that pages may use.
    #[serde(default = "methods")]
    pub methods: Vec<Parsed<MethodName>>,
    /// The request headers that pages may set.
    #[serde(default = "headers")]
    pub headers: Vec<Parsed<AllowedHeader>>,
    /// How long browsers remember the answer to a preflight; each has a limit of its own.
    #[serde(default = "max_age")]
    pub max_age: Parsed<HumanDuration>,
    /// Set the CORS headers of the API's own responses too, in place of those of the API. Otherwise the API sets them.
    #[serde(default)]
    pub answers: bool,
}

fn methods() -> Vec<Parsed<MethodName>> {
    [http::Method::GET, http::Method::HEAD, http::Method::POST].map(|method| Parsed(MethodName(method))).into()
}

fn headers() -> Vec<Parsed<AllowedHeader>> {
    let all = [http::header::AUTHORIZATION, http::header::CONTENT_TYPE];
    all.map(|name| Parsed(AllowedHeader(name))).into()
}

fn max_age() -> Parsed<HumanDuration> {
    Parsed(HumanDuration::seconds(600))
}
