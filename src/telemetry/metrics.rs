//! Prometheus metrics. Label values come from fixed sets, and children exist before the first request, so that counting
//! is one atomic addition.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus::{Gauge, Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec};

use super::process_metrics;
use super::registry::Families;
use super::webhook_metrics::WebhookMetrics;

/// The values of the label `method`; everything else is `other`.
pub const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];
/// The values of the label `state` of the upstream's addresses.
pub const ADDRESS_STATES: [&str; 3] = ["up", "down", "probing"];
/// The values of the label `channel` of messages.
const NOTIFICATION_CHANNELS: [&str; 2] = ["mail", "sms"];
/// The values of the label `result` of messages.
const NOTIFICATION_RESULTS: [&str; 6] = ["accepted", "delivered", "undelivered", "delayed", "failed", "given_up"];
/// The value of the label `code` for callers who left before a response.
pub const CLIENT_CLOSED: &str = "client_closed";
const STATUSES: usize = 600;
const SWITCHING_PROTOCOLS: u16 = 101;
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// 5 µs to 2.5 s: from a cached token to a password that waits in the queue.
pub(super) const DECISION_BUCKETS: [f64; 14] =
    [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 5e-3, 2.5e-2, 5e-2, 0.1, 0.25, 1.0, 2.5];
const REQUEST_BUCKETS: [f64; 12] = [5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Why a request is let through.
#[derive(Debug, Clone, Copy)]
pub enum AllowReason {
    Admitted,
    Public,
    Preflight,
}

/// In the order of [`AllowReason`].
const ALLOWED: [&str; 3] = ["admitted", "public", "preflight"];

/// The limit that a connection exceeds.
#[derive(Debug, Clone, Copy)]
pub enum ConnectionRefusal {
    Total,
    Address,
    /// The rest of the file descriptors is kept back.
    Descriptors,
}

/// What ends a stream, or a connection, of HTTP/2 without a problem document.
#[derive(Debug, Clone, Copy)]
pub enum Http2Refusal {
    /// The streams of all connections are at their limit.
    Streams,
    /// The head of a stream is malformed, far too large, or one stream too many of its connection.
    Stream,
    /// The client breaks the protocol, or sends too much.
    Connection,
}

#[derive(Debug, Clone, Copy)]
pub enum TlsListener {
    Proxy,
    Admin,
    Console,
}

pub struct Metrics {
    pub(super) families: Families,
    started: f64,
    verdicts: Vec<Vec<IntCounter>>,
    requests: IntCounterVec,
    requests_by_code: Vec<OnceLock<IntCounter>>,
    pub auth_duration: Histogram,
    /// From the head of a request to the end of its response.
    pub request_duration: Histogram,
    pub in_flight: IntGauge,
    pub connections_open: IntGauge,
    connections_refused: [IntCounter; 3],
    http2_refused: [IntCounter; 3],
    /// Data from clients that could not be parsed as a request.
    pub requests_unparsed: IntCounter,
    upstream_duration: Histogram,
    upstream_responses: [IntCounter; CLASSES.len()],
    upstream_errors: IntCounterVec,
    upstream_addresses: [IntGauge; ADDRESS_STATES.len()],
    /// Basic pairs answered by the password cache.
    pub password_hits: IntCounter,
    /// Basic pairs that need a hash.
    pub password_misses: IntCounter,
    pub hash_duration: Histogram,
    pub hash_queue: IntGauge,
    pub guesses_throttled: IntCounter,
    pub throttle_entries: IntGauge,
    reloads: [IntCounter; 2],
    /// 1 while the files on disk are in force, 0 after a refused reload.
    pub reload_successful: IntGauge,
    /// Time at which the files in force were read, in seconds since 1970.
    pub reload_time: Gauge,
    credentials: [IntGauge; 2],
    certificate_ends: IntGaugeVec,
    database_up: IntGaugeVec,
    database_primary: IntGaugeVec,
    pub lines_dropped: IntCounter,
    notifications: IntCounterVec,
    outbox_waiting: IntGaugeVec,
    outbox_oldest: IntGaugeVec,
    pub webhooks: WebhookMetrics,
    pub(super) cache_hits: IntCounterVec,
    pub(super) cache_misses: IntCounterVec,
}

impl Metrics {
    /// `schemes` and `codes` are the values of the labels `scheme` and `reason`.
    ///
    /// # Errors
    /// Two metrics have the same name: a bug in this file.
    pub fn new(schemes: &[&str], codes: &[&str]) -> prometheus::Result<Self> {
        let all = Families::new()?;
        let verdicts = all.counters(
            "auth_requests_total",
            "Decisions about requests, by scheme, decision and reason.",
            &["scheme", "decision", "reason"],
        )?;
        let verdict = |scheme: &str, reason: &str| {
            let decision = match reason {
                _ if ALLOWED.contains(&reason) => "allow",
                "directory_unavailable" => "error",
                _ => "deny",
            };
            verdicts.with_label_values(&[scheme, decision, reason])
        };
        let by_reason = |scheme: &&str| ALLOWED.iter().chain(codes).map(|code| verdict(scheme, code)).collect();
        let cache_hits = all.counters("cache_hits_total", "Lookups answered by a cache.", &["cache"])?;
        let cache_misses = all.counters("cache_misses_total", "Lookups not answered by a cache.", &["cache"])?;
        let notifications = all.counters(
            "notifications_total",
            "Attempts to send a message and reports of its arrival, by channel and result.",
            &["channel", "result"],
        )?;
        let outbox_waiting =
            all.gauges("outbox_waiting", "Messages that wait for an attempt, by channel.", &["channel"])?;
        let outbox_oldest = all.gauges(
            "outbox_oldest_seconds",
            "Age of the oldest message that waits, by channel; 0 while none does.",
            &["channel"],
        )?;
        for channel in NOTIFICATION_CHANNELS {
            for result in NOTIFICATION_RESULTS {
                notifications.with_label_values(&[channel, result]);
            }
            for gauges in [&outbox_waiting, &outbox_oldest] {
                gauges.with_label_values(&[channel]);
            }
        }
        let reloads = all.counters("config_reloads_total", "Reloads of the files, by result.", &["result"])?;
        let refused = all.counters(
            "connections_refused_total",
            "Connections closed for exceeding a limit, by limit.",
            &["reason"],
        )?;
        let http2_refused = all.counters(
            "http2_refused_total",
            "Streams and connections of HTTP/2 that were ended without a problem document, by reason.",
            &["reason"],
        )?;
        let responses =
            all.counters("upstream_responses_total", "Responses of the API, by status class.", &["class"])?;
        let errors =
            all.counters("upstream_errors_total", "Requests that the API did not answer, by reason.", &["reason"])?;
        for reason in ["upstream_unreachable", "upstream_timeout"] {
            errors.with_label_values(&[reason]);
        }
        let addresses = all.gauges("upstream_addresses", "Addresses of the API, by state.", &["state"])?;
        let credentials = all.gauges("credentials", "Credentials in force, by state.", &["state"])?;
        all.gauges("build_info", "Always 1; the label is the running version.", &["version"])?
            .with_label_values(&[env!("CARGO_PKG_VERSION")])
            .set(1);
        Ok(Self {
            verdicts: schemes.iter().map(by_reason).collect(),
            requests: all.counters(
                "http_requests_total",
                "Responses to clients, and requests whose client left before one, by method and status code.",
                &["method", "code"],
            )?,
            requests_by_code: (0..METHODS.len() * STATUSES).map(|_| OnceLock::new()).collect(),
            auth_duration: all.histogram(
                "auth_duration_seconds",
                "Time from the request head to the decision, password hashing included.",
                &DECISION_BUCKETS,
            )?,
            request_duration: all.histogram(
                "http_request_duration_seconds",
                "Time from the request head to the end of the response.",
                &REQUEST_BUCKETS,
            )?,
            in_flight: all.gauge("http_requests_in_flight", "Requests in progress.")?,
            connections_open: all.gauge("connections_open", "Open client connections.")?,
            connections_refused: ["total", "address", "descriptors"].map(|reason| refused.with_label_values(&[reason])),
            http2_refused: ["streams", "stream", "connection"].map(|reason| http2_refused.with_label_values(&[reason])),
            requests_unparsed: all
                .counter("requests_unparsed_total", "Data from clients that could not be parsed as a request.")?,
            upstream_duration: all.histogram(
                "upstream_response_duration_seconds",
                "Time from the decision to the first byte of the API's response.",
                &REQUEST_BUCKETS,
            )?,
            upstream_responses: CLASSES.map(|class| responses.with_label_values(&[class])),
            upstream_errors: errors,
            upstream_addresses: ADDRESS_STATES.map(|state| addresses.with_label_values(&[state])),
            password_hits: cache_hits.with_label_values(&["password"]),
            password_misses: cache_misses.with_label_values(&["password"]),
            hash_duration: all.histogram(
                "password_hash_duration_seconds",
                "Time of one password hash.",
                &DECISION_BUCKETS[6..],
            )?,
            hash_queue: all.gauge("password_hash_queue_depth", "Passwords that wait for a hashing thread.")?,
            guesses_throttled: all
                .counter("guesses_throttled_total", "Requests refused after too many wrong credentials.")?,
            throttle_entries: all
                .gauge("throttle_entries", "Networks and user names with recent wrong credentials.")?,
            reloads: ["success", "failure"].map(|result| reloads.with_label_values(&[result])),
            reload_successful: all.gauge("config_last_reload_successful", "1 while the files on disk are in force.")?,
            reload_time: all.exact_gauge(
                "config_last_reload_success_timestamp_seconds",
                "Time at which the files in force were read, in seconds since 1970.",
            )?,
            credentials: ["enabled", "disabled"].map(|state| credentials.with_label_values(&[state])),
            certificate_ends: all.gauges(
                "tls_certs_not_after",
                "Expiry of a listener's certificate, in seconds since 1970.",
                &["listener"],
            )?,
            database_up: all.gauges("database_up", "1 while the database answers.", &[])?,
            database_primary: all.gauges(
                "database_primary",
                "1 while a primary that takes writes answers, 0 while a standby or read-only server does, -1 for no answer.",
                &[],
            )?,
            notifications,
            outbox_waiting,
            outbox_oldest,
            webhooks: WebhookMetrics::new(&all)?,
            lines_dropped: all.counter(
                "access_log_dropped_total",
                "Access log lines lost because the reader was too slow or a write failed.",
            )?,
            cache_hits,
            cache_misses,
            families: all,
            started: process_metrics::start_time(),
        })
    }

    /// Counts what became of a message.
    pub fn notified(&self, channel: &str, result: &str) {
        self.notifications.with_label_values(&[channel, result]).inc();
    }

    /// The messages of a channel that wait, and the age of the oldest in seconds.
    pub fn outbox(&self, channel: &str, waiting: i64, oldest_seconds: i64) {
        self.outbox_waiting.with_label_values(&[channel]).set(waiting);
        self.outbox_oldest.with_label_values(&[channel]).set(oldest_seconds);
    }

    /// Counts a request that is let through.
    pub fn admitted(&self, scheme: usize, reason: AllowReason) {
        self.verdict(scheme, reason as usize);
    }

    /// `code` is the index of the rejection.
    pub fn refused(&self, scheme: usize, code: usize) {
        self.verdict(scheme, ALLOWED.len() + code);
    }

    fn verdict(&self, scheme: usize, reason: usize) {
        if let Some(counter) = self.verdicts.get(scheme).and_then(|reasons| reasons.get(reason)) {
            counter.inc();
        }
    }

    /// Counts a response to a client; `status` is 0 where the client left before it.
    pub fn answered(&self, method: usize, status: u16) {
        let status = usize::from(status).min(STATUSES - 1);
        if let Some(counter) = self.requests_by_code.get(method * STATUSES + status) {
            let child = || {
                let code = if status == 0 { CLIENT_CLOSED.to_owned() } else { status.to_string() };
                self.requests.with_label_values(&[METHODS[method], &code])
            };
            counter.get_or_init(child).inc();
        }
    }

    /// Counts a response of the API. Interim responses such as `100 Continue` are not counted.
    pub fn upstream_answered(&self, status: u16, took: Duration) {
        if status < 200 && status != SWITCHING_PROTOCOLS {
            return;
        }
        self.upstream_duration.observe(took.as_secs_f64());
        let class = usize::from(status / 100).wrapping_sub(1);
        if let Some(counter) = self.upstream_responses.get(class) {
            counter.inc();
        }
    }

    pub fn upstream_failed(&self, code: &str) {
        self.upstream_errors.with_label_values(&[code]).inc();
    }

    /// In the order of [`ADDRESS_STATES`].
    pub fn upstream_addresses(&self, counts: [usize; ADDRESS_STATES.len()]) {
        for (gauge, count) in self.upstream_addresses.iter().zip(counts) {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    pub fn connection_refused(&self, refusal: ConnectionRefusal) {
        self.connections_refused[refusal as usize].inc();
    }

    pub fn http2_refused(&self, refusal: Http2Refusal) {
        self.http2_refused[refusal as usize].inc();
    }

    /// Records a reload. `in_force` is the number of enabled and disabled credentials; `None` if it was refused.
    pub fn reloaded(&self, in_force: Option<(usize, usize)>, now_seconds: f64) {
        self.reloads[usize::from(in_force.is_none())].inc();
        self.reload_successful.set(i64::from(in_force.is_some()));
        if let Some((enabled, disabled)) = in_force {
            self.reload_time.set(now_seconds);
            let size = |count| i64::try_from(count).unwrap_or(i64::MAX);
            self.credentials[0].set(size(enabled));
            self.credentials[1].set(size(disabled));
        }
    }

    /// `not_after` is in seconds since 1970.
    pub fn certificate_shown(&self, listener: TlsListener, not_after: i64) {
        let listener = match listener {
            TlsListener::Proxy => "proxy",
            TlsListener::Admin => "admin",
            TlsListener::Console => "console",
        };
        self.certificate_ends.with_label_values(&[listener]).set(not_after);
    }

    /// `is_primary` is `None` where nothing answers.
    pub fn database_answers(&self, answers: bool, is_primary: Option<bool>) {
        self.database_up.with_label_values::<&str>(&[]).set(i64::from(answers));
        self.database_primary.with_label_values::<&str>(&[]).set(is_primary.map_or(-1, i64::from));
    }

    /// The text format of Prometheus.
    ///
    /// # Errors
    /// Encoding fails.
    pub fn render(&self) -> prometheus::Result<String> {
        Ok(self.families.render()? + &process_metrics::render(self.started))
    }
}

/// Position in [`METHODS`].
pub fn method_index(method: &str) -> usize {
    METHODS.iter().position(|known| *known == method).unwrap_or(METHODS.len() - 1)
}
