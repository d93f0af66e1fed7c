//! The HTTP of one attempt: its client, its answer, its errors.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};

use super::CONNECT_TIMEOUT;
use super::destination::{Destination, DestinationRules};
use super::response::{AttemptError, WebhookRequest, WebhookResponse, excerpt, retry_after};

/// Of an answer; then the connection is closed.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;
const AGENT: &str = concat!("Claviger/", env!("CARGO_PKG_VERSION"), " webhooks");

/// A client that follows nothing, keeps nothing, decompresses nothing and reads nothing from the environment.
pub(super) fn builder(tls: &ClientConfig, allow_http: bool) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .https_only(!allow_http)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .referer(false)
        .http1_only()
        // A connection belongs to the addresses that were checked for it.
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT_TIMEOUT)
}

/// The addresses that were checked for a name: another name is not resolved, and this one not again.
pub(super) struct CheckedAddresses {
    pub(super) host: String,
    pub(super) addresses: Vec<SocketAddr>,
}

impl Resolve for CheckedAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let found = if name.as_str() == self.host {
            let addresses: Addrs = Box::new(self.addresses.clone().into_iter());
            Ok(addresses)
        } else {
            Err("a name whose addresses were not checked".into())
        };
        Box::pin(std::future::ready(found))
    }
}

/// Sends the request; nothing lasts longer than until `deadline`.
pub(super) async fn run(
    client: &Client,
    destination: &Destination,
    rules: &DestinationRules,
    request: &WebhookRequest,
    deadline: Instant,
) -> WebhookResponse {
    let sending = client
        .post(destination.url().clone())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, AGENT)
        .header("webhook-id", &request.id)
        .header("webhook-timestamp", request.timestamp)
        .header("webhook-signature", &request.signature)
        .body(request.body.clone())
        .send();
    match timeout_at(deadline, sending).await {
        Ok(Ok(response)) => read(response, rules, request.timestamp, deadline).await,
        Ok(Err(error)) => WebhookResponse::unanswered(classify(&error)),
        Err(_) => WebhookResponse::unanswered(AttemptError::TimedOut),
    }
}

/// The head decides; what goes wrong with the body changes nothing.
async fn read(mut response: Response, rules: &DestinationRules, now: i64, deadline: Instant) -> WebhookResponse {
    let status = response.status().as_u16();
    let asks_for_pause = matches!(status, 429 | 503);
    let pause = response.headers().get(RETRY_AFTER).filter(|_| asks_for_pause);
    let pause = pause.and_then(|value| retry_after(value.to_str().ok()?, now));
    let is_kept = rules.may_keep_answer_of(response.remote_addr());
    let mut body = Vec::new();
    while body.len() < MAX_RESPONSE_BYTES {
        let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await else { break };
        let rest = MAX_RESPONSE_BYTES - body.len();
        body.extend_from_slice(chunk.get(..rest).unwrap_or(&chunk));
    }
    WebhookResponse {
        retry_after: pause,
        excerpt: excerpt(&body).filter(|_| is_kept),
        ..WebhookResponse::answered(status)
    }
}

fn classify(error: &reqwest::Error) -> AttemptError {
    match () {
        // Before anything is sent: http:// at a client that permits https:// alone.
        () if error.is_builder() => AttemptError::DestinationNotAllowed,
        () if names_tls(error) => AttemptError::TlsFailed,
        () if error.is_timeout() => AttemptError::TimedOut,
        () => AttemptError::ConnectionFailed,
    }
}

fn names_tls(error: &reqwest::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.is::<rustls::Error>() {
            return true;
        }
        // `source` of an `io::Error` is what is behind the error that it holds.
        next = match cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(held) => Some(held),
            None => cause.source(),
        };
    }
    false
}
