//! Metrics, logs and traces.

mod database_metrics;
mod line_writer;
mod logging;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod process_metrics;
mod queue_flush;
mod registry;
mod spans;
mod trace_parent;
mod webhook_metrics;

pub use database_metrics::DatabaseMetrics;
pub use line_writer::{LineOutput, LineSink, LineWriter};
pub use logging::{Log, LogStyle};
pub use metrics::{
    ADDRESS_STATES, AllowReason, CLIENT_CLOSED, ConnectionRefusal, Http2Refusal, METHODS, Metrics, TlsListener,
    method_index,
};
pub use spans::{Attribute, Span, SpanSink};
pub use trace_parent::TraceParent;
pub use webhook_metrics::WebhookMetrics;
