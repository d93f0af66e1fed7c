//! Exports spans to a collector (OTLP/HTTP with protocol buffers).

mod messages;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use prost::Message as _;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;

use super::spans::{Message, SpanMetrics};
use super::{Metrics, Span, SpanSink};
use messages::ExportRequest;

/// Spans are collected for this long before they are sent.
const BATCH_INTERVAL: Duration = Duration::from_secs(1);
const MAX_BATCH_SPANS: usize = 512;
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// At least this long between two warnings.
const WARN_INTERVAL: Duration = Duration::from_secs(60);

struct Exporter {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    address: String,
    metrics: SpanMetrics,
    last_warning: Option<Instant>,
}

impl SpanSink {
    /// Starts the export to `collector`, a URL.
    ///
    /// # Errors
    /// The thread cannot be spawned, or the export was started before.
    pub fn start(collector: &str, metrics: &Metrics) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let metrics = metrics.register_spans()?;
        let (sink, spans) = Self::new(&metrics);
        let client = reqwest::Client::builder()
            .timeout(EXPORT_TIMEOUT)
            .redirect(Policy::none())
            // Proxy variables of the environment do not apply to the collector.
            .no_proxy()
            // No task polls idle connections between two batches, so a closed one would not be noticed.
            .pool_max_idle_per_host(0)
            .build()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let address = format!("{}/v1/traces", collector.trim_end_matches('/'));
        let exporter = Exporter { client, runtime, address, metrics, last_warning: None };
        std::thread::Builder::new().name("spans".into()).spawn(move || exporter.run(&spans))?;
        Ok(sink)
    }
}

impl Exporter {
    fn run(mut self, spans: &Receiver<Message>) {
        let mut batch = Vec::new();
        while let Ok(flushed) = gather(spans, &mut batch) {
            if !batch.is_empty() {
                self.send(std::mem::take(&mut batch));
            }
            if let Some(flushed) = flushed {
                let _abandoned = flushed.send(());
            }
        }
    }

    /// Does not retry; later batches follow.
    fn send(&mut self, spans: Vec<Span>) {
        let count = spans.len() as u64;
        let body = ExportRequest::of(spans).encode_to_vec();
        let request = self.client.post(&self.address).body(body);
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let answer = self.runtime.block_on(async { request.send().await });
        match answer.and_then(reqwest::Response::error_for_status) {
            Ok(_) => self.metrics.exported.inc_by(count),
            Err(error) => {
                self.metrics.failed.inc_by(count);
                self.warn(error);
            }
        }
    }

    fn warn(&mut self, error: reqwest::Error) {
        if self.last_warning.is_none_or(|last| last.elapsed() >= WARN_INTERVAL) {
            self.last_warning = Some(Instant::now());
            let status = error.status().map(|status| status.as_u16());
            // With its causes, and without the URL, which may contain a password.
            let error = anyhow::Error::new(error.without_url());
            tracing::warn!(status, "spans are lost: {error:#}");
        }
    }
}

/// Waits for a first span, then collects more for [`BATCH_INTERVAL`]. A flush ends the wait; its reply channel is
/// returned.
fn gather(spans: &Receiver<Message>, batch: &mut Vec<Span>) -> Result<Option<SyncSender<()>>, RecvTimeoutError> {
    let mut end = None;
    while batch.len() < MAX_BATCH_SPANS {
        let next = match end {
            None => spans.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(end) => spans.recv_timeout(Instant::saturating_duration_since(&end, Instant::now())),
        };
        match next {
            Ok(Message::Span(span)) => batch.push(*span),
            Ok(Message::Flush(done)) => return Ok(Some(done)),
            Err(RecvTimeoutError::Timeout) => break,
            Err(disconnected) => return Err(disconnected),
        }
        end.get_or_insert_with(|| Instant::now() + BATCH_INTERVAL);
    }
    Ok(None)
}
