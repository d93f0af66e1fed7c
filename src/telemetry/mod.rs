//! What operators see: metrics, log lines, spans.

mod database;
mod families;
mod flush;
mod lines;
mod logging;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod spans;
mod trace_parent;

pub use database::DatabaseMetrics;
pub use lines::{LineSink, Lines};
pub use logging::{Log, LogStyle};
pub use metrics::{ConnectionRefusal, METHODS, Metrics, TlsListener, method_index};
pub use spans::{Attribute, Span, SpanSink};
pub use trace_parent::TraceParent;
