//! The desk of another process.

use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderValue, LOCATION};
use http::{HeaderMap, Method, StatusCode, Uri};
use reqwest::redirect::Policy;
use serde_json::Value;

use super::{Reply, Request};
use crate::cli::output::{cause, harmless, remark};
use crate::config::operator_token;
use crate::control::api::PREFIX;

/// Longer than a desk takes until it begins to answer, or to go on.
const PATIENCE: Duration = Duration::from_secs(60);
const CONNECTING: Duration = Duration::from_secs(10);
/// Whoever has just broken off may be starting anew.
const PAUSE: Duration = Duration::from_millis(500);

/// A connection to it, and what it knows us by.
pub(in crate::cli) struct Remote {
    client: reqwest::Client,
    server: String,
    authorization: HeaderValue,
}

/// Why there is no answer.
enum Silence {
    /// Nothing has arrived there.
    Unheard(anyhow::Error),
    /// It may be done, or not.
    Lost(anyhow::Error),
}

impl Remote {
    /// # Errors
    /// When there is no token, or it would go over the network in plain sight.
    pub(super) fn new(server: &Uri, ca: Option<&Path>) -> anyhow::Result<Self> {
        let authority = server.authority().context("--server: must be https://HOST[:PORT]")?;
        let is_plain = match server.scheme_str() {
            Some("https") => false,
            Some("http") if is_this_machine(authority.host()) => true,
            _ => bail!(
                "--server: must be https://HOST[:PORT], or http:// on this machine: elsewhere a token would be seen on its way"
            ),
        };
        ensure!(matches!(server.path(), "" | "/") && server.query().is_none(), "--server: must not have a path");
        ensure!(!authority.as_str().contains('@'), "--server: must not hold a user; tokens stand in CLAVIGER_TOKEN");
        let token = operator_token()
            .context("no token: put an operator token into CLAVIGER_TOKEN; claviger operator create makes one")?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.as_str()))
            .map_err(|_| anyhow!("CLAVIGER_TOKEN holds what no token has"))?;
        authorization.set_sensitive(true);
        let mut client = reqwest::Client::builder()
            .connect_timeout(CONNECTING)
            .read_timeout(PATIENCE)
            // A redirect would be told the token.
            .redirect(Policy::none())
            .user_agent(concat!("claviger/", env!("CARGO_PKG_VERSION")));
        if is_plain {
            // A proxy would see the token, and is not this machine.
            client = client.no_proxy();
        }
        if let Some(ca) = ca {
            client = client.tls_certs_only(authorities(ca).with_context(|| format!("--ca: {}", ca.display()))?);
        }
        let server = format!("{}://{authority}", if is_plain { "http" } else { "https" });
        Ok(Self { client: client.build()?, server, authorization })
    }

    /// Where it is.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// One request and its answer. One that may be sent twice is, where the first answer was lost.
    pub(super) async fn send(&self, request: &Request) -> anyhow::Result<Reply> {
        let first = match self.attempt(request).await {
            Err(Silence::Lost(error)) if request.once.is_some() => error,
            outcome => return outcome.map_err(|silence| self.told(silence, request)),
        };
        remark(format!("{first:#}; asking again"));
        tokio::time::sleep(PAUSE).await;
        let second = self.attempt(request).await;
        second.map_err(|silence| {
            let (Silence::Unheard(error) | Silence::Lost(error)) = silence;
            self.told(Silence::Lost(error), request)
        })
    }

    /// Writes what is asked for piece by piece, however much it is; the head of the answer, or a refusal.
    pub(super) async fn download(
        &self,
        request: &Request,
        out: &mut impl Write,
    ) -> anyhow::Result<Result<HeaderMap, Reply>> {
        let told = |silence| self.told(silence, request);
        let mut answer = self.open(request).await.map_err(told)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if !status.is_success() || !is_file(&headers) {
            let bytes = answer.bytes().await.map_err(|error| told(self.cut_off(error)))?;
            return Ok(Err(self.read(status, &headers, &bytes)?));
        }
        while let Some(piece) = answer.chunk().await.map_err(|error| told(self.cut_off(error)))? {
            out.write_all(&piece)?;
        }
        Ok(Ok(headers))
    }

    async fn attempt(&self, request: &Request) -> Result<Reply, Silence> {
        let answer = self.open(request).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.bytes().await.map_err(|error| self.cut_off(error))?;
        // What has answered is not a desk, or not the one that was meant: another attempt would be told the same.
        self.read(status, &headers, &bytes).map_err(Silence::Unheard)
    }

    async fn open(&self, request: &Request) -> Result<reqwest::Response, Silence> {
        let url = format!("{}{PREFIX}{}", self.server, request.path);
        let sent = self.client.request(request.method.clone(), url).headers(request.headers());
        let sent = match &request.content {
            None => sent,
            Some((_, text)) => sent.body(text.clone()),
        };
        let sent = sent.header(AUTHORIZATION, self.authorization.clone());
        sent.send().await.map_err(|error| self.silence(error))
    }

    fn cut_off(&self, error: reqwest::Error) -> Silence {
        Silence::Lost(anyhow!("the answer of {} was cut off: {}", self.server, cause(&error.without_url())))
    }

    fn silence(&self, error: reqwest::Error) -> Silence {
        let (is_unheard, error) = (error.is_connect(), error.without_url());
        let cause = cause(&error);
        let hint = if cause.contains("certificate") {
            "; name whoever has signed its certificate with --ca FILE"
        } else if is_unheard && self.server.starts_with("https:") && cause.contains("corrupt message") {
            "; it does not speak TLS"
        } else {
            ""
        };
        let told = anyhow!("{} does not answer: {cause}{hint}", self.server);
        if is_unheard { Silence::Unheard(told) } else { Silence::Lost(told) }
    }

    fn read(&self, status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> anyhow::Result<Reply> {
        let server = &self.server;
        if status.is_redirection() {
            let place = headers.get(LOCATION).and_then(|place| place.to_str().ok()).map(harmless);
            bail!("{server} redirects to {}; name the desk itself", place.as_deref().unwrap_or("somewhere else"));
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_empty = status == StatusCode::NO_CONTENT && bytes.is_empty();
        let body = match kind.split(';').next().unwrap_or_default().trim() {
            "application/json" | "application/problem+json" => serde_json::from_slice(bytes).ok(),
            _ if is_empty => Some(Value::Null),
            _ => None,
        };
        let is_of_desk = |body: &Value| status.is_success() || body["code"].is_string();
        let Some(body) = body.filter(is_of_desk) else {
            bail!("{server} answers {status}, but not as a desk does: is that the admin listener of a claviger?");
        };
        ensure!(
            status != StatusCode::UNAUTHORIZED,
            "{server} refuses CLAVIGER_TOKEN: {}",
            harmless(body["detail"].as_str().unwrap_or_default())
        );
        Ok(Reply { status, revision: headers.get(ETAG).cloned(), body })
    }

    /// With what is to be done about it.
    fn told(&self, silence: Silence, request: &Request) -> anyhow::Error {
        match silence {
            Silence::Lost(error) if request.method != Method::GET => {
                anyhow!("{error:#}\nIt may have been done all the same: look before you do it again")
            }
            Silence::Lost(error) | Silence::Unheard(error) => error,
        }
    }
}

/// What a desk sends as it is.
fn is_file(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    headers.contains_key(CONTENT_DISPOSITION) && kind.starts_with("text/")
}

fn authorities(file: &Path) -> anyhow::Result<Vec<reqwest::Certificate>> {
    let certificates = reqwest::Certificate::from_pem_bundle(&std::fs::read(file)?)
        .map_err(|_| anyhow!("holds no certificate that can be read (PEM)"))?;
    ensure!(!certificates.is_empty(), "holds no certificate (PEM)");
    Ok(certificates)
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
