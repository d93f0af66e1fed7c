//! What operators see: metrics, log lines.

mod database;
mod families;
mod lines;
mod logging;
mod metrics;

pub use database::DatabaseMetrics;
pub use lines::{LineSink, Lines};
pub use logging::{Log, LogStyle};
pub use metrics::{ConnectionRefusal, METHODS, Metrics, TlsListener, method_index};
