//! Sends events to receivers, each in one attempt.

use std::path::Path;
use std::sync::Arc;

use reqwest::{Client, Proxy};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::Instant;

use super::ATTEMPT_TIMEOUT;
use super::attempt::{self, CheckedAddresses};
use super::destination::{Destination, DestinationRules, ResolveFault};
use super::response::{AttemptError, WebhookRequest, WebhookResponse};
use crate::config::{Diagnostic, Origin, Webhooks};

/// Cheap to clone.
#[derive(Clone)]
pub struct WebhookClient {
    tls: Arc<ClientConfig>,
    allow_http: bool,
    /// Through the configured proxy, which resolves names; `None` without one.
    proxied: Option<Client>,
}

/// Why an attempt cannot begin.
enum NoConnection {
    /// This process is busy, which says nothing about the receiver.
    Busy,
    Failed(AttemptError),
}

impl From<AttemptError> for NoConnection {
    fn from(error: AttemptError) -> Self {
        Self::Failed(error)
    }
}

impl WebhookClient {
    /// # Errors
    /// When certificates cannot be read.
    pub fn new(webhooks: &Webhooks) -> Result<Self, Diagnostic> {
        let fault = |key: &str, problem| Diagnostic::new(Origin::WHOLE_FILE, format!("webhooks.{key}"), problem);
        let roots = match &webhooks.ca {
            Some(file) => roots_of(file),
            None => system_roots(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let tls = tls.map_err(|error| fault("ca", format!("cannot be used: {error}")))?;
        let mut tls = tls.with_root_certificates(roots.map_err(|problem| fault("ca", problem))?).with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let proxied = webhooks.proxy.as_ref().map(|proxy| {
            Proxy::all(proxy).and_then(|proxy| attempt::builder(&tls, webhooks.allow_http).proxy(proxy).build())
        });
        let proxied = proxied.transpose().map_err(|error| fault("proxy", format!("cannot be used: {error}")))?;
        Ok(Self { tls: Arc::new(tls), allow_http: webhooks.allow_http, proxied })
    }

    /// Sends an event to the URL of a webhook: one attempt of at most 15 seconds. The URL and every address of its host
    /// are checked again; the connection leads to one of the checked addresses.
    pub async fn send(&self, url: &str, rules: &DestinationRules, request: &WebhookRequest) -> WebhookResponse {
        let start = Instant::now();
        let deadline = start + ATTEMPT_TIMEOUT;
        let response = match self.connect(url, rules).await {
            Ok((client, destination)) => attempt::run(&client, &destination, rules, request, deadline).await,
            Err(NoConnection::Busy) => WebhookResponse::not_sent(),
            Err(NoConnection::Failed(error)) => WebhookResponse::unanswered(error),
        };
        let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        WebhookResponse { duration_millis: millis, ..response }
    }

    async fn connect(&self, url: &str, rules: &DestinationRules) -> Result<(Client, Destination), NoConnection> {
        let destination = Destination::parse(url, rules).map_err(|_| AttemptError::DestinationNotAllowed)?;
        let addresses = destination.resolve(rules).await.map_err(|fault| match fault {
            ResolveFault::NotPublic { .. } => NoConnection::Failed(AttemptError::AddressNotPublic),
            ResolveFault::NotFound => NoConnection::Failed(AttemptError::NameNotFound),
            ResolveFault::Busy => NoConnection::Busy,
        })?;
        if let Some(client) = &self.proxied {
            return Ok((client.clone(), destination));
        }
        // Rules with a proxy check no address, and this client has none.
        if addresses.is_empty() {
            return Err(AttemptError::AddressNotPublic.into());
        }
        let checked = CheckedAddresses { host: destination.host().to_owned(), addresses };
        let client = attempt::builder(&self.tls, self.allow_http).dns_resolver(checked).build();
        Ok((client.map_err(|_| AttemptError::ConnectionFailed)?, destination))
    }
}

fn roots_of(file: &Path) -> Result<RootCertStore, String> {
    let shown = file.display();
    let pem = std::fs::read(file).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| format!("{shown} is not PEM"))?;
        roots.add(certificate).map_err(|_| format!("{shown} holds a certificate that cannot be used"))?;
    }
    if roots.is_empty() { Err(format!("{shown} holds no certificate")) } else { Ok(roots) }
}

/// Those that can be parsed.
fn system_roots() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let problem = "is missing, and this system has no certificates of authorities";
    if roots.is_empty() { Err(problem.to_owned()) } else { Ok(roots) }
}
