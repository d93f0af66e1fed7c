//! Sends spans to a collector (OTLP over HTTP, in protocol buffers).

mod messages;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use prost::Message as _;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;

use super::spans::{Message, SpanMetrics};
use super::{Metrics, Span, SpanSink};
use messages::ExportRequest;

/// How long spans gather before they are sent.
const GATHER: Duration = Duration::from_secs(1);
const MOST_AT_ONCE: usize = 512;
/// What a collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two complaints.
const COMPLAIN_AGAIN: Duration = Duration::from_secs(60);

/// The sending thread.
struct Exporter {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    address: String,
    metrics: SpanMetrics,
    complained: Option<Instant>,
}

impl SpanSink {
    /// Starts sending to the collector at this address.
    ///
    /// # Errors
    /// When the system gives no thread, or sending was started before.
    pub fn start(collector: &str, metrics: &Metrics) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let metrics = metrics.of_spans()?;
        let (sink, spans) = Self::new(&metrics);
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(Policy::none())
            // What the environment says of proxies is not meant for this.
            .no_proxy()
            // Nobody would notice between two batches that a connection has ended.
            .pool_max_idle_per_host(0)
            .build()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let address = format!("{}/v1/traces", collector.trim_end_matches('/'));
        let exporter = Exporter { client, runtime, address, metrics, complained: None };
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
                let _gone = flushed.send(());
            }
        }
    }

    /// Once: while a collector is down, there will be others.
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
                self.complain(error);
            }
        }
    }

    fn complain(&mut self, error: reqwest::Error) {
        if self.complained.is_none_or(|complained| complained.elapsed() >= COMPLAIN_AGAIN) {
            self.complained = Some(Instant::now());
            let status = error.status().map(|status| status.as_u16());
            // With its causes, and without the address, which may hold a password.
            let error = anyhow::Error::new(error.without_url());
            tracing::warn!(status, "spans are lost: {error:#}");
        }
    }
}

/// Waits for a first span and then a moment for more. Ends early for whoever waits, who is given back.
fn gather(spans: &Receiver<Message>, batch: &mut Vec<Span>) -> Result<Option<SyncSender<()>>, RecvTimeoutError> {
    let mut end = None;
    while batch.len() < MOST_AT_ONCE {
        let next = match end {
            None => spans.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(end) => spans.recv_timeout(Instant::saturating_duration_since(&end, Instant::now())),
        };
        match next {
            Ok(Message::Span(span)) => batch.push(*span),
            Ok(Message::Flush(done)) => return Ok(Some(done)),
            Err(RecvTimeoutError::Timeout) => break,
            Err(gone) => return Err(gone),
        }
        end.get_or_insert_with(|| Instant::now() + GATHER);
    }
    Ok(None)
}
