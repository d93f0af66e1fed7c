//! The management API over HTTP.

use std::fs::File;
use std::io::{Seek as _, Write};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use futures_util::stream;
use http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, LOCATION};
use http::{HeaderMap, Method, StatusCode, Uri};
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use super::api_request::Content;
use super::{Reply, Request};
use crate::cli::output::{note, root_cause, sanitize};
use crate::config::operator_token;
use crate::control::api::PREFIX;

/// Between parts of a response.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// The same for an import, which is answered once it is done. Longer than the server's own limits.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// Of a file that is sent.
const PIECE_BYTES: usize = 64 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A server that dropped the connection may be restarting.
const RETRY_DELAY: Duration = Duration::from_millis(500);

pub(in crate::cli) struct Remote {
    client: reqwest::Client,
    import_client: reqwest::Client,
    server: String,
    authorization: HeaderValue,
}

/// Why there is no response.
enum NoResponse {
    /// The server did not execute the request.
    NotSent(anyhow::Error),
    /// The server may have executed it.
    Lost(anyhow::Error),
}

impl Remote {
    /// # Errors
    /// When `CLAVIGER_TOKEN` is not set, or would cross the network in plain text.
    pub(super) fn new(server: &Uri, ca: Option<&Path>) -> anyhow::Result<Self> {
        let authority = server.authority().context("--server: must be https://HOST[:PORT]")?;
        let is_plain = match server.scheme_str() {
            Some("https") => false,
            Some("http") if is_loopback(authority.host()) => true,
            _ => bail!(
                "--server: must be https://HOST[:PORT], or http:// on this machine: over plain HTTP others could read the token"
            ),
        };
        ensure!(matches!(server.path(), "" | "/") && server.query().is_none(), "--server: must not have a path");
        ensure!(!authority.as_str().contains('@'), "--server: must not hold a user; set the token in CLAVIGER_TOKEN");
        let token = operator_token()
            .context("no token: set CLAVIGER_TOKEN to an operator token; claviger operator create creates one")?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.as_str()))
            .map_err(|_| anyhow!("CLAVIGER_TOKEN holds characters that no token has"))?;
        authorization.set_sensitive(true);
        let authorities =
            ca.map(|ca| authorities(ca).with_context(|| format!("--ca: {}", ca.display()))).transpose()?;
        let client = |read_timeout| {
            let mut client = reqwest::Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .read_timeout(read_timeout)
                // The target of a redirect would receive the token.
                .redirect(Policy::none())
                .user_agent(concat!("claviger/", env!("CARGO_PKG_VERSION")));
            if is_plain {
                // A proxy would see the token.
                client = client.no_proxy();
            }
            if let Some(authorities) = &authorities {
                client = client.tls_certs_only(authorities.clone());
            }
            client.build()
        };
        let server = format!("{}://{authority}", if is_plain { "http" } else { "https" });
        let (client, import_client) = (client(READ_TIMEOUT)?, client(IMPORT_TIMEOUT)?);
        Ok(Self { client, import_client, server, authorization })
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// A request with an idempotency key is sent once more when its response is lost.
    pub(super) async fn send(&self, request: &Request) -> anyhow::Result<Reply> {
        let first = match self.attempt(request).await {
            Err(NoResponse::Lost(error)) if request.idempotency_key.is_some() => error,
            outcome => return outcome.map_err(|failure| explain(failure, request)),
        };
        note(format!("{first:#}; trying again"));
        tokio::time::sleep(RETRY_DELAY).await;
        let second = self.attempt(request).await;
        second.map_err(|failure| {
            let (NoResponse::NotSent(error) | NoResponse::Lost(error)) = failure;
            explain(NoResponse::Lost(error), request)
        })
    }

    /// Streams a file to `out`. The inner error is a response that is no file.
    pub(super) async fn download(
        &self,
        request: &Request,
        out: &mut impl Write,
    ) -> anyhow::Result<Result<HeaderMap, Reply>> {
        let explain = |failure| explain(failure, request);
        let mut answer = self.open(request).await.map_err(explain)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if !status.is_success() || !is_file(&headers) {
            let bytes = answer.bytes().await.map_err(|error| explain(self.cut_off(error)))?;
            return Ok(Err(self.read(status, &headers, &bytes)?));
        }
        while let Some(piece) = answer.chunk().await.map_err(|error| explain(self.cut_off(error)))? {
            out.write_all(&piece)?;
        }
        Ok(Ok(headers))
    }

    async fn attempt(&self, request: &Request) -> Result<Reply, NoResponse> {
        let answer = self.open(request).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.bytes().await.map_err(|error| self.cut_off(error))?;
        // Another attempt would reach the same wrong server.
        self.read(status, &headers, &bytes).map_err(NoResponse::NotSent)
    }

    async fn open(&self, request: &Request) -> Result<reqwest::Response, NoResponse> {
        let url = format!("{}{PREFIX}{}", self.server, request.path);
        let is_import = matches!(request.content, Some(Content::File(_)));
        let client = if is_import { &self.import_client } else { &self.client };
        let sent = client.request(request.method.clone(), url).headers(request.headers());
        let sent = match &request.content {
            None => sent,
            Some(Content::Json(text)) => sent.body(text.clone()),
            Some(Content::File(file)) => {
                let (body, size) = streamed(file).map_err(|error| NoResponse::NotSent(error.into()))?;
                sent.body(body).header(CONTENT_LENGTH, size)
            }
        };
        let sent = sent.header(AUTHORIZATION, self.authorization.clone());
        sent.send().await.map_err(|error| self.no_response(error))
    }

    fn cut_off(&self, error: reqwest::Error) -> NoResponse {
        NoResponse::Lost(anyhow!("the response of {} was cut off: {}", self.server, root_cause(&error.without_url())))
    }

    fn no_response(&self, error: reqwest::Error) -> NoResponse {
        let (is_not_sent, error) = (error.is_connect(), error.without_url());
        let cause = root_cause(&error);
        let hint = if cause.contains("certificate") {
            "; name the authority that signed its certificate with --ca FILE"
        } else if is_not_sent && self.server.starts_with("https:") && cause.contains("corrupt message") {
            "; it does not speak TLS"
        } else {
            ""
        };
        let error = anyhow!("{} does not answer: {cause}{hint}", self.server);
        if is_not_sent { NoResponse::NotSent(error) } else { NoResponse::Lost(error) }
    }

    fn read(&self, status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> anyhow::Result<Reply> {
        let server = &self.server;
        if status.is_redirection() {
            let location = headers.get(LOCATION).and_then(|location| location.to_str().ok()).map(sanitize);
            bail!(
                "{server} redirects to {}; name that server with --server",
                location.as_deref().unwrap_or("another server")
            );
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_empty = status == StatusCode::NO_CONTENT && bytes.is_empty();
        let body = match kind.split(';').next().unwrap_or_default().trim() {
            "application/json" | "application/problem+json" => serde_json::from_slice(bytes).ok(),
            _ if is_empty => Some(Value::Null),
            _ => None,
        };
        let is_of_api = |body: &Value| status.is_success() || body["code"].is_string();
        let Some(body) = body.filter(is_of_api) else {
            bail!("{server} answers {status}, but not as the management API: is it the console listener of claviger?");
        };
        ensure!(
            status != StatusCode::UNAUTHORIZED,
            "{server} refuses CLAVIGER_TOKEN: {}",
            sanitize(body["detail"].as_str().unwrap_or_default())
        );
        Ok(Reply { status, revision: headers.get(ETAG).cloned(), body })
    }
}

/// The body and its size; the file is not read into memory.
fn streamed(file: &File) -> std::io::Result<(reqwest::Body, u64)> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    let size = file.metadata()?.len();
    let pieces = stream::try_unfold(tokio::fs::File::from_std(file), async |mut file| {
        let mut piece = vec![0; PIECE_BYTES];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then_some((piece, file)))
    });
    Ok((reqwest::Body::wrap_stream(pieces), size))
}

fn explain(failure: NoResponse, request: &Request) -> anyhow::Error {
    match failure {
        NoResponse::Lost(error) if request.method != Method::GET => {
            anyhow!("{error:#}\nThe server may have done it: check before you run this again")
        }
        NoResponse::Lost(error) | NoResponse::NotSent(error) => error,
    }
}

/// A CSV, YAML or htpasswd file, not a problem document.
fn is_file(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    headers.contains_key(CONTENT_DISPOSITION) && kind.starts_with("text/")
}

fn authorities(file: &Path) -> anyhow::Result<Vec<reqwest::Certificate>> {
    let certificates = reqwest::Certificate::from_pem_bundle(&std::fs::read(file)?)
        .map_err(|_| anyhow!("holds no readable certificate (PEM)"))?;
    ensure!(!certificates.is_empty(), "holds no certificate (PEM)");
    Ok(certificates)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
