//! The desk of another process.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use http::header::{AUTHORIZATION, ETAG, HeaderValue};
use http::{StatusCode, Uri};
use serde_json::Value;

use super::Request;
use crate::config::operator_token;
use crate::control::api::PREFIX;

/// Longer than a desk takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to it, and what it knows us by.
pub(in crate::cli) struct Remote {
    client: reqwest::Client,
    server: String,
    authorization: HeaderValue,
}

impl Remote {
    /// # Errors
    /// When there is no token, or it would go over the network in plain sight.
    pub(super) fn new(server: &Uri) -> anyhow::Result<Self> {
        let authority = server.authority().context("--server: must be https://HOST[:PORT]")?;
        match server.scheme_str() {
            Some("https") => {}
            Some("http") if is_this_machine(authority.host()) => {}
            _ => bail!("--server: must be https://, or http:// on this machine: a token would be seen on its way"),
        }
        ensure!(matches!(server.path(), "" | "/") && server.query().is_none(), "--server: must not have a path");
        let token = operator_token()
            .context("no token: put an operator token into CLAVIGER_TOKEN; claviger operator create makes one")?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.as_str()))
            .map_err(|_| anyhow::anyhow!("CLAVIGER_TOKEN holds what no token has"))?;
        authorization.set_sensitive(true);
        // A redirect would be told the token.
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("claviger/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let server = format!("{}://{authority}", server.scheme_str().unwrap_or("https"));
        Ok(Self { client, server, authorization })
    }

    /// One request and its answer.
    pub(super) async fn send(&self, request: Request) -> anyhow::Result<(StatusCode, Option<HeaderValue>, Value)> {
        let url = format!("{}{PREFIX}{}", self.server, request.path);
        let headers = request.headers();
        let mut sent = self.client.request(request.method, url).headers(headers);
        sent = sent.header(AUTHORIZATION, self.authorization.clone());
        if let Some(body) = request.body {
            sent = sent.json(&body);
        }
        let answer = sent.send().await.with_context(|| format!("the desk at {} does not answer", self.server))?;
        let (status, etag) = (answer.status(), answer.headers().get(ETAG).cloned());
        let bytes = answer.bytes().await.context("the desk's answer was cut off")?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or_else(|_| text()) };
        Ok((status, etag, body))
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
