//! Metrics, logs and traces of the real program.

mod alerts;
mod dashboard;
mod families;
mod full_disk;
mod level;
mod log_file;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod scraped;
