//! Metrics, logs and traces of the real program.

mod alerts;
mod dashboard;
mod families;
mod full_disk;
mod level;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod scraped;
