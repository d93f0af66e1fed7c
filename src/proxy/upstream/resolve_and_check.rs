//! Work beside the requests: resolves the name of the upstream again, and checks its addresses.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use http::header::{HOST, USER_AGENT};
use http::{HeaderValue, Version};
use pingora::connectors::ConnectorOptions;
use pingora::connectors::http::Connector;
use pingora::http::RequestHeader;
use pingora::protocols::http::client::HttpSession;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;
use pingora::upstreams::peer::HttpPeer;

use super::address::Address;
use super::failure::{Failure, Phase};
use super::health::Health;
use super::{ResolvedUpstream, UNPOOLED_TIMEOUT, set_unpooled};
use crate::config::raw::{Timeouts, UpstreamHealth};
use crate::proxy::Policy;
use crate::telemetry::{ADDRESS_STATES, Metrics};

/// Between lookups of the upstream's host name.
const RESOLVE_INTERVAL: Duration = Duration::from_secs(10);

/// Between looks at which checks are due.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The service of this module.
pub struct UpstreamWatch {
    policy: Arc<ArcSwap<Policy>>,
    metrics: Arc<Metrics>,
    connector: Arc<Connector>,
}

/// A check of one address that is due.
struct Check {
    peer: HttpPeer,
    host: HeaderValue,
    health: Arc<Health>,
    rules: UpstreamHealth,
    timeouts: Timeouts,
}

impl UpstreamWatch {
    pub fn new(policy: Arc<ArcSwap<Policy>>, metrics: Arc<Metrics>) -> Self {
        // Peers bring their own roots, as those of requests do.
        let options = ConnectorOptions { ca_file: Some("/dev/null".into()), ..ConnectorOptions::new(1) };
        Self { policy, metrics, connector: Arc::new(Connector::new(Some(options))) }
    }

    fn begin_checks(&self, upstream: &ResolvedUpstream, timeouts: &Timeouts) {
        for check in upstream.due_checks(timeouts) {
            let connector = self.connector.clone();
            tokio::spawn(async move {
                let check = Arc::new(check);
                let running = check.clone();
                let result = tokio::spawn(async move { running.run(&connector).await }).await;
                check.finish(result.unwrap_or_else(|error| Err(format!("the check has failed: {error}"))));
            });
        }
    }

    fn report(&self, upstream: Option<&ResolvedUpstream>) {
        self.metrics.upstream_addresses(upstream.map(ResolvedUpstream::address_states).unwrap_or_default());
    }
}

#[async_trait]
impl BackgroundService for UpstreamWatch {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        let mut resolved_at = Instant::now();
        let mut resolving: Option<tokio::task::JoinHandle<()>> = None;
        loop {
            self.report(self.policy.load().upstream.as_ref());
            tokio::select! {
                () = tokio::time::sleep(CHECK_INTERVAL) => {}
                _ = shutdown.wait_for(|is_stopping| *is_stopping) => return,
            }
            let policy = self.policy.load_full();
            if let Some(upstream) = &policy.upstream {
                self.begin_checks(upstream, &policy.timeouts);
            }
            let is_free = resolving.as_ref().is_none_or(tokio::task::JoinHandle::is_finished);
            if resolved_at.elapsed() >= RESOLVE_INTERVAL && is_free {
                resolved_at = Instant::now();
                // A resolver that does not answer must not delay checks.
                resolving = Some(tokio::task::spawn_blocking(move || {
                    if let Some(upstream) = &policy.upstream {
                        upstream.refresh();
                    }
                }));
            }
        }
    }
}

impl ResolvedUpstream {
    /// How many addresses are in each state.
    fn address_states(&self) -> [usize; ADDRESS_STATES.len()] {
        let mut counts = [0; ADDRESS_STATES.len()];
        for address in self.addresses.load().addresses.iter() {
            counts[address.health.state() as usize] += 1;
        }
        counts
    }

    fn due_checks(&self, timeouts: &Timeouts) -> Vec<Check> {
        let set = self.addresses.load();
        let due = set.addresses.iter().filter(|address| address.health.begin_check(&self.health));
        let check = |address: &Address| {
            let mut peer = self.template.clone();
            if let Some(socket) = address.socket {
                peer._address = socket.into();
            }
            set_unpooled(&mut peer);
            let (health, rules) = (address.health.clone(), self.health.clone());
            Check { peer, host: self.host.clone(), health, rules, timeouts: timeouts.clone() }
        };
        due.map(check).collect()
    }
}

impl Check {
    /// # Errors
    /// Why the address does not pass.
    async fn run(&self, connector: &Connector) -> Result<(), String> {
        let (limit, path) = match &self.rules.path {
            Some(path) => (self.rules.every.duration(), Some(path.0.0.as_str())),
            // The handshake of HTTP/2 follows the connection.
            None => (2 * self.timeouts.upstream_connect.duration(), None),
        };
        let ended = tokio::time::timeout(limit, self.exchange(connector, path)).await;
        ended.unwrap_or_else(|_| Err(format!("{} has not answered within {limit:?}", self.peer._address)))
    }

    async fn exchange(&self, connector: &Connector, path: Option<&str>) -> Result<(), String> {
        let failed =
            |phase| move |error: Box<pingora::Error>| Failure::new(&error, &self.peer, phase, &self.timeouts).text;
        let (mut session, _) = connector.get_http_session(&self.peer).await.map_err(failed(Phase::Connecting))?;
        let passed = match path {
            None => Ok(()),
            Some(path) => match self.ask(&mut session, path).await.map_err(failed(Phase::Waiting)) {
                Ok(200..400) => Ok(()),
                Ok(status) => Err(format!("{} answers GET {path} with {status}", self.peer._address)),
                Err(fault) => Err(fault),
            },
        };
        // Otherwise the pool would hold an HTTP/2 connection open.
        connector.release_http_session(session, &self.peer, Some(UNPOOLED_TIMEOUT)).await;
        passed
    }

    /// The status of the response.
    async fn ask(&self, session: &mut HttpSession, path: &str) -> pingora::Result<u16> {
        let mut request = RequestHeader::build("GET", path.as_bytes(), Some(2))?;
        request.insert_header(USER_AGENT, "claviger-check")?;
        if session.as_http2().is_some() {
            let scheme = if self.peer.is_tls() { "https" } else { "http" };
            let host = self.host.to_str().unwrap_or("localhost");
            if let Ok(uri) = format!("{scheme}://{host}{path}").parse() {
                request.set_uri(uri);
            }
            request.set_version(Version::HTTP_2);
        } else {
            request.insert_header(HOST, self.host.clone())?;
        }
        session.write_request_header(Box::new(request)).await?;
        session.finish_request_body().await?;
        session.read_response_header().await?;
        Ok(session.response_header().map_or(0, |response| response.status.as_u16()))
    }

    fn finish(&self, result: Result<(), String>) {
        let is_news = self.health.finish_check(result.is_ok(), &self.rules) && self.health.may_log();
        match result {
            Ok(()) if is_news => {
                tracing::info!(address = %self.peer._address, "an address of the API answers again");
            }
            Err(reason) if is_news => tracing::warn!(reason, "an address of the API fails its check"),
            Ok(()) | Err(_) => {}
        }
    }
}
