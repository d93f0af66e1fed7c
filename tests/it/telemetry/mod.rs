//! What operators see, as the real program shows it.

mod alerts;
mod dashboard;
mod families;
mod full_disk;
mod level;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod scraped;
