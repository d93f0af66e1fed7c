//! Spans of requests, handed over to a thread of their own: a collector that is slow costs spans, never requests.
#![cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "settings that name a collector are refused then"))]

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use prometheus::IntCounter;

use super::flush::flush;
use super::{Metrics, TraceParent};

const MOST_WAITING: usize = 4096;

/// A request that is over.
#[derive(Debug, Clone)]
pub struct Span {
    /// The trace and the span itself.
    pub own: TraceParent,
    /// The span that it is part of, where the caller has named one.
    pub parent: Option<u64>,
    /// What it is called.
    pub name: &'static str,
    /// When its head had been read.
    pub began: SystemTime,
    /// Until its answer had ended.
    pub took: Duration,
    /// Whether that was a failure on our side.
    pub has_failed: bool,
    /// What else there is to say.
    pub attributes: Vec<(&'static str, Attribute)>,
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// Words.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other.
    Real(f64),
}

impl Attribute {
    /// In milliseconds, to the microsecond.
    pub fn millis(time: Duration) -> Self {
        Self::Real(time.as_micros() as f64 / 1e3)
    }
}

/// What became of spans.
#[derive(Clone)]
pub(super) struct SpanMetrics {
    pub(super) exported: IntCounter,
    pub(super) failed: IntCounter,
    pub(super) dropped: IntCounter,
}

/// Where spans go in.
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
    /// With the end where they come out.
    pub(super) fn new(metrics: &SpanMetrics) -> (Self, Receiver<Message>) {
        let (sender, receiver) = sync_channel(MOST_WAITING);
        (Self { sender, dropped: metrics.dropped.clone() }, receiver)
    }

    /// Hands a span over, or counts that there was no room.
    pub fn send(&self, span: Span) {
        if self.sender.try_send(Message::Span(Box::new(span))).is_err() {
            self.dropped.inc();
        }
    }

    /// Waits, for a moment, until everything handed over so far is sent.
    pub fn flush(&self) {
        flush(&self.sender, Message::Flush);
    }
}

#[cfg(not(feature = "otlp"))]
impl SpanSink {
    /// Would start sending.
    ///
    /// # Errors
    /// Always.
    pub fn start(_: &str, _: &Metrics) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Err("this program is built without traces".into())
    }
}

impl Metrics {
    /// Adds those of spans.
    pub(super) fn of_spans(&self) -> prometheus::Result<SpanMetrics> {
        let spans = self.families.counters("spans_total", "Spans of requests, by what became of them.", &["result"])?;
        let [exported, failed, dropped] =
            ["exported", "failed", "dropped"].map(|result| spans.with_label_values(&[result]));
        Ok(SpanMetrics { exported, failed, dropped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_that_hangs_costs_spans_and_nothing_else() {
        let metrics = Metrics::new(&[], &[]).unwrap();
        let (sink, spans) = SpanSink::new(&metrics.of_spans().unwrap());
        let span = Span {
            own: TraceParent { trace: 1, span: 1, is_sampled: true },
            parent: None,
            name: "GET",
            began: SystemTime::UNIX_EPOCH,
            took: Duration::ZERO,
            has_failed: false,
            attributes: Vec::new(),
        };
        for _ in 0..MOST_WAITING + 7 {
            sink.send(span.clone());
        }
        assert_eq!(spans.try_iter().count(), MOST_WAITING);
        assert!(metrics.render().unwrap().contains("claviger_spans_total{result=\"dropped\"} 7\n"));
    }
}
