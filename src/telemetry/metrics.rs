//! Prometheus metrics, names as in docs/operate/metrics.md. Labels come from fixed sets, and every child is made
//! before the first request, so that counting is one atomic addition.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus::{Gauge, Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec};

use super::registry::Families;

/// The values of the label `method`; everything else is `other`.
pub const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];
const STATUSES: usize = 600;
const SWITCHING_PROTOCOLS: u16 = 101;
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// 5 µs to 2.5 s: from a token that was found to a password that had to wait.
pub(super) const DECISION_BUCKETS: [f64; 14] =
    [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 5e-3, 2.5e-2, 5e-2, 0.1, 0.25, 1.0, 2.5];
const REQUEST_BUCKETS: [f64; 12] = [5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Which bound a connection was over.
#[derive(Debug, Clone, Copy)]
pub enum ConnectionRefusal {
    /// That of all connections.
    Total,
    /// That of its address.
    Address,
}

/// Who shows a certificate.
#[derive(Debug, Clone, Copy)]
pub enum TlsListener {
    /// The listeners for callers.
    Proxy,
    /// The one for operators.
    Admin,
}

/// All of them.
pub struct Metrics {
    pub(super) families: Families,
    verdicts: Vec<Vec<IntCounter>>,
    requests: IntCounterVec,
    requests_by_code: Vec<OnceLock<IntCounter>>,
    /// Time to decide, hashing included.
    pub auth_duration: Histogram,
    /// Time from the head of a request to the end of its answer.
    pub request_duration: Histogram,
    /// Requests between the two.
    pub in_flight: IntGauge,
    /// Connections of callers.
    pub connections_open: IntGauge,
    connections_refused: [IntCounter; 2],
    /// What was sent and did not become a request.
    pub requests_unparsed: IntCounter,
    upstream_duration: Histogram,
    upstream_responses: [IntCounter; CLASSES.len()],
    upstream_errors: IntCounterVec,
    /// Verified pairs that were remembered.
    pub password_hits: IntCounter,
    /// Pairs that had to be hashed.
    pub password_misses: IntCounter,
    /// Time of one slow hash.
    pub hash_duration: Histogram,
    /// Pairs that wait to be hashed.
    pub hash_queue: IntGauge,
    /// Guesses that were refused because too many wrong ones came before.
    pub guesses_throttled: IntCounter,
    /// Where wrong guesses have come from.
    pub throttle_entries: IntGauge,
    reloads: [IntCounter; 2],
    /// 1 while the files on disk are the set in force, 0 after a reload that was refused.
    pub reload_successful: IntGauge,
    /// When the set in force was read, in seconds since 1970.
    pub reload_time: Gauge,
    credentials: [IntGauge; 2],
    certificate_ends: IntGaugeVec,
    database_up: IntGaugeVec,
    /// Access log lines that nobody took in time, or that could not be written.
    pub lines_dropped: IntCounter,
    pub(super) cache_hits: IntCounterVec,
    pub(super) cache_misses: IntCounterVec,
}

impl Metrics {
    /// Registers everything. `schemes` and `codes` are the values of the labels `scheme` and `reason`.
    ///
    /// # Errors
    /// When a name is taken, which would be a mistake in this file.
    pub fn new(schemes: &[&str], codes: &[&str]) -> prometheus::Result<Self> {
        let all = Families::new()?;
        let verdicts = all.counters(
            "auth_requests_total",
            "Verdicts by scheme, decision and reason.",
            &["scheme", "decision", "reason"],
        )?;
        let verdict = |scheme: &str, reason: &str| {
            let decision = match reason {
                "admitted" | "public" => "allow",
                "directory_unavailable" => "error",
                _ => "deny",
            };
            verdicts.with_label_values(&[scheme, decision, reason])
        };
        let by_reason =
            |scheme: &&str| ["admitted", "public"].iter().chain(codes).map(|code| verdict(scheme, code)).collect();
        let cache_hits = all.counters("cache_hits_total", "Look-ups that a cache answered.", &["cache"])?;
        let cache_misses = all.counters("cache_misses_total", "Look-ups that a cache could not answer.", &["cache"])?;
        let reloads =
            all.counters("config_reloads_total", "Times the files were read again, by result.", &["result"])?;
        let refused = all.counters("connections_refused_total", "Connections that were one too many.", &["reason"])?;
        let responses = all.counters("upstream_responses_total", "Answers of the API behind.", &["class"])?;
        let errors = all.counters(
            "upstream_errors_total",
            "Requests that the API behind did not answer, by reason.",
            &["reason"],
        )?;
        for reason in ["upstream_unreachable", "upstream_timeout"] {
            errors.with_label_values(&[reason]);
        }
        let credentials = all.gauges("credentials", "Credentials in force, by state.", &["state"])?;
        all.gauges("build_info", "The version that runs; always 1.", &["version"])?
            .with_label_values(&[env!("CARGO_PKG_VERSION")])
            .set(1);
        Ok(Self {
            verdicts: schemes.iter().map(by_reason).collect(),
            requests: all.counters("http_requests_total", "Answers by method and status code.", &["method", "code"])?,
            requests_by_code: (0..METHODS.len() * STATUSES).map(|_| OnceLock::new()).collect(),
            auth_duration: all.histogram(
                "auth_duration_seconds",
                "Time to decide, hashing included.",
                &DECISION_BUCKETS,
            )?,
            request_duration: all.histogram("http_request_duration_seconds", "Time to answer.", &REQUEST_BUCKETS)?,
            in_flight: all.gauge("http_requests_in_flight", "Requests being answered.")?,
            connections_open: all.gauge("connections_open", "Connections of callers.")?,
            connections_refused: ["total", "address"].map(|reason| refused.with_label_values(&[reason])),
            requests_unparsed: all.counter("requests_unparsed_total", "What was sent and became no request.")?,
            upstream_duration: all.histogram(
                "upstream_response_duration_seconds",
                "Time from the verdict until the API behind began to answer.",
                &REQUEST_BUCKETS,
            )?,
            upstream_responses: CLASSES.map(|class| responses.with_label_values(&[class])),
            upstream_errors: errors,
            password_hits: cache_hits.with_label_values(&["password"]),
            password_misses: cache_misses.with_label_values(&["password"]),
            hash_duration: all.histogram(
                "password_hash_duration_seconds",
                "Time of one slow hash.",
                &DECISION_BUCKETS[6..],
            )?,
            hash_queue: all.gauge("password_hash_queue_depth", "Passwords that wait to be hashed.")?,
            guesses_throttled: all
                .counter("guesses_throttled_total", "Credentials refused after too many wrong ones.")?,
            throttle_entries: all.gauge("throttle_entries", "Places that wrong credentials have come from.")?,
            reloads: ["success", "failure"].map(|result| reloads.with_label_values(&[result])),
            reload_successful: all.gauge("config_last_reload_successful", "1 while the files on disk are in force.")?,
            reload_time: all
                .exact_gauge("config_last_reload_success_timestamp_seconds", "When the set in force was read.")?,
            credentials: ["enabled", "disabled"].map(|state| credentials.with_label_values(&[state])),
            certificate_ends: all.gauges(
                "tls_certs_not_after",
                "When the certificate of a listener ends, in seconds since 1970.",
                &["listener"],
            )?,
            database_up: all.gauges("database_up", "1 while the database answers.", &[])?,
            lines_dropped: all.counter(
                "access_log_dropped_total",
                "Access log lines that nobody took in time, or that could not be written.",
            )?,
            cache_hits,
            cache_misses,
            families: all,
        })
    }

    /// Counts a request that was let through.
    pub fn admitted(&self, scheme: usize, is_public: bool) {
        self.verdict(scheme, usize::from(is_public));
    }

    /// Counts a request that was refused, by the index of its code.
    pub fn refused(&self, scheme: usize, code: usize) {
        self.verdict(scheme, 2 + code);
    }

    fn verdict(&self, scheme: usize, reason: usize) {
        if let Some(counter) = self.verdicts.get(scheme).and_then(|reasons| reasons.get(reason)) {
            counter.inc();
        }
    }

    /// Counts an answer.
    pub fn answered(&self, method: usize, status: u16) {
        let status = usize::from(status).min(STATUSES - 1);
        if let Some(counter) = self.requests_by_code.get(method * STATUSES + status) {
            let make = || self.requests.with_label_values(&[METHODS[method], &status.to_string()]);
            counter.get_or_init(make).inc();
        }
    }

    /// Counts an answer of the API behind, which has taken so long to begin. What comes before one, such as
    /// `100 Continue`, is none.
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

    /// Counts a request that the API behind did not answer.
    pub fn upstream_failed(&self, code: &str) {
        self.upstream_errors.with_label_values(&[code]).inc();
    }

    /// Counts a connection that was not let in.
    pub fn connection_refused(&self, refusal: ConnectionRefusal) {
        self.connections_refused[refusal as usize].inc();
    }

    /// Notes a reload: the credentials now in force, or that it was refused.
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

    /// Notes a certificate that is shown from now on, by its end in seconds since 1970.
    pub fn certificate_shown(&self, listener: TlsListener, not_after: i64) {
        let listener = match listener {
            TlsListener::Proxy => "proxy",
            TlsListener::Admin => "admin",
        };
        self.certificate_ends.with_label_values(&[listener]).set(not_after);
    }

    /// Notes whether the database answers, where there is one.
    pub fn database_answers(&self, answers: bool) {
        self.database_up.with_label_values::<&str>(&[]).set(i64::from(answers));
    }

    /// Everything in the text format of Prometheus.
    ///
    /// # Errors
    /// When encoding fails.
    pub fn render(&self) -> prometheus::Result<String> {
        self.families.render()
    }
}

/// The place of a method in [`METHODS`].
pub fn method_index(method: &str) -> usize {
    METHODS.iter().position(|known| *known == method).unwrap_or(METHODS.len() - 1)
}
