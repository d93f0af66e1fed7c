//! Operational log on standard error.

use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStyle {
    /// One JSON object a line.
    Json,
    /// For people; coloured or not.
    Text {
        /// With colours.
        ansi: bool,
    },
}

/// Starts logging, once a process. `level` is a level or a filter like `RUST_LOG`'s.
///
/// # Errors
/// When `level` cannot be read, or logging was started before.
pub fn init(level: &str, style: LogStyle) -> Result<(), String> {
    let filter = EnvFilter::builder().parse(level).map_err(|error| error.to_string())?;
    let harmless = filter_fn(|metadata| is_harmless(metadata.target(), *metadata.level()));
    let layer: Box<dyn Layer<_> + Send + Sync> = match style {
        LogStyle::Json => fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
        LogStyle::Text { ansi } => fmt::layer().with_ansi(ansi).with_target(false).with_writer(std::io::stderr).boxed(),
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter).with_filter(harmless))
        .try_init()
        .map_err(|error| error.to_string())
}

/// Libraries may print whole requests, secrets included: h2 its frames at debug, pingora the bytes it
/// could not parse even at error. What we need to say about a request, we say ourselves.
fn is_harmless(target: &str, level: Level) -> bool {
    let target = target.split("::").next().unwrap_or_default();
    match target {
        "claviger" => true,
        _ if target.starts_with("pingora") => false,
        _ => level <= Level::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_silenced_where_they_could_print_a_request() {
        assert!(is_harmless("claviger::proxy", Level::TRACE));
        assert!(!is_harmless("pingora_proxy", Level::ERROR));
        assert!(!is_harmless("pingora_core::protocols::http", Level::DEBUG));
        assert!(!is_harmless("h2::codec::framed_read", Level::DEBUG));
        assert!(is_harmless("notify", Level::WARN));
    }
}
