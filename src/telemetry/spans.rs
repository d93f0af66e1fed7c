//! Spans of requests, exported by a background thread: a slow collector loses spans and never delays requests.
#![cfg_attr(
    not(feature = "otlp"),
    expect(dead_code, reason = "without the feature, settings that name a collector are refused")
)]

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use prometheus::IntCounter;

use super::queue_flush::flush;
use super::{Metrics, TraceParent};

const MAX_QUEUED_SPANS: usize = 4096;

/// A finished request.
#[derive(Debug, Clone)]
pub struct Span {
    /// Trace id and span id.
    pub own: TraceParent,
    /// The parent span, if the client sent one.
    pub parent: Option<u64>,
    pub name: &'static str,
    /// Time at which the head was read.
    pub began: SystemTime,
    /// Until the end of the response.
    pub took: Duration,
    /// True for a failure of the gate or the API.
    pub has_failed: bool,
    pub attributes: Vec<(&'static str, Attribute)>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    Text(String),
    Integer(i64),
    Real(f64),
}

impl Attribute {
    /// Milliseconds, with microsecond precision.
    pub fn millis(time: Duration) -> Self {
        Self::Real(time.as_micros() as f64 / 1e3)
    }
}

#[derive(Clone)]
pub(super) struct SpanMetrics {
    pub(super) exported: IntCounter,
    pub(super) failed: IntCounter,
    pub(super) dropped: IntCounter,
}

/// The sending side of the exporter.
#[derive(Clone)]
pub struct SpanSink {
    sender: SyncSender<Message>,
    dropped: IntCounter,
}

pub(super) enum Message {
    Span(Box<Span>),
    Flush(SyncSender<()>),
}

impl SpanSink {
    pub(super) fn new(metrics: &SpanMetrics) -> (Self, Receiver<Message>) {
        let (sender, receiver) = sync_channel(MAX_QUEUED_SPANS);
        (Self { sender, dropped: metrics.dropped.clone() }, receiver)
    }

    /// With a full queue the span is counted as dropped.
    pub fn send(&self, span: Span) {
        if self.sender.try_send(Message::Span(Box::new(span))).is_err() {
            self.dropped.inc();
        }
    }

    /// Waits until all spans so far are exported, at most 2 s.
    pub fn flush(&self) {
        flush(&self.sender, Message::Flush);
    }
}

#[cfg(not(feature = "otlp"))]
impl SpanSink {
    /// # Errors
    /// Always: the feature `otlp` is disabled.
    pub fn start(_: &str, _: &Metrics) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Err("this build does not support traces (feature otlp)".into())
    }
}

impl Metrics {
    pub(super) fn register_spans(&self) -> prometheus::Result<SpanMetrics> {
        let spans = self.families.counters("spans_total", "Spans of requests, by export result.", &["result"])?;
        let [exported, failed, dropped] =
            ["exported", "failed", "dropped"].map(|result| spans.with_label_values(&[result]));
        Ok(SpanMetrics { exported, failed, dropped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_collector_loses_spans_and_never_blocks_the_sender() {
        let metrics = Metrics::new(&[], &[]).unwrap();
        let (sink, spans) = SpanSink::new(&metrics.register_spans().unwrap());
        let span = Span {
            own: TraceParent { trace: 1, span: 1, is_sampled: true },
            parent: None,
            name: "GET",
            began: SystemTime::UNIX_EPOCH,
            took: Duration::ZERO,
            has_failed: false,
            attributes: Vec::new(),
        };
        for _ in 0..MAX_QUEUED_SPANS + 7 {
            sink.send(span.clone());
        }
        assert_eq!(spans.try_iter().count(), MAX_QUEUED_SPANS);
        assert!(metrics.render().unwrap().contains("claviger_spans_total{result=\"dropped\"} 7\n"));
    }
}
