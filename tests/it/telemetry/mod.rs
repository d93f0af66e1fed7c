//! What operators see, as the real program shows it.

mod families;
mod level;
mod metrics;
