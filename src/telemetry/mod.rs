//! What operators see: metrics, log lines.

mod database;
mod lines;
mod logging;
mod metrics;

pub use database::DatabaseMetrics;
pub use lines::{LineSink, Lines};
pub use logging::{LogStyle, init};
pub use metrics::{ConnectionRefusal, METHODS, Metrics, method_index};
