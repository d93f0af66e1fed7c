//! The operational log on standard error, written by a background thread: a blocked reader must not delay requests. A
//! reload can change the level.

use std::io::Write;

use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt, reload};

use super::{LineSink, LineWriter};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStyle {
    /// One JSON object per line.
    Json,
    /// For people.
    Text {
        /// Coloured.
        ansi: bool,
    },
}

#[derive(Clone)]
pub struct Log {
    sink: LineSink,
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Log {
    /// `level` is a level or a filter as in `RUST_LOG`.
    ///
    /// # Errors
    /// `level` is invalid, or logging was started before in this process.
    pub fn start(level: &str, style: LogStyle) -> Result<Self, String> {
        // An error here cannot be logged.
        let lines =
            LineWriter::start(|| Ok(Box::new(std::io::stderr())), |_, _| ()).map_err(|error| error.to_string())?;
        let sink = lines.sink();
        let (filter, handle) = reload::Layer::new(read(level)?);
        let safe = filter_fn(|metadata| is_safe(metadata.target(), *metadata.level()));
        let layer: Box<dyn Layer<_> + Send + Sync> = match style {
            LogStyle::Json => fmt::layer().json().flatten_event(true).with_writer(sink.clone()).boxed(),
            LogStyle::Text { ansi } => {
                fmt::layer().with_ansi(ansi).with_target(false).with_timer(TimeOfDay).with_writer(sink.clone()).boxed()
            }
        };
        // The level filter comes first: it disables call sites statically, among them the twenty debug messages of
        // pingora for each request.
        tracing_subscriber::registry()
            .with(layer.with_filter(safe).with_filter(filter))
            .try_init()
            .map_err(|error| error.to_string())?;
        Ok(Self { sink, filter: handle })
    }

    /// # Errors
    /// `level` is invalid.
    pub fn set_level(&self, level: &str) -> Result<(), String> {
        self.filter.reload(read(level)?).map_err(|error| error.to_string())
    }

    /// Waits until all lines are written, at most 2 s.
    pub fn flush(&self) {
        self.sink.flush();
    }
}

fn read(level: &str) -> Result<EnvFilter, String> {
    EnvFilter::builder().parse(level).map_err(|error| error.to_string())
}

/// Hours, minutes and seconds, as in the access log.
struct TimeOfDay;

impl FormatTime for TimeOfDay {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        #[expect(clippy::disallowed_methods, reason = "displayed only; no decision depends on it")]
        let now = jiff::Timestamp::now();
        write!(writer, "{}", now.strftime("%H:%M:%S"))
    }
}

impl<'w> MakeWriter<'w> for LineSink {
    type Writer = Event;

    fn make_writer(&'w self) -> Event {
        Event { line: Vec::new(), sink: self.clone() }
    }
}

/// Collects the parts of one event into a line.
pub struct Event {
    line: Vec<u8>,
    sink: LineSink,
}

impl Write for Event {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.line.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let _lost = self.sink.write(std::mem::take(&mut self.line));
    }
}

/// Libraries may log whole requests with their secrets: h2 logs frames at debug, pingora logs unparsable bytes at error.
/// Claviger logs itself what operators need to know about a request.
fn is_safe(target: &str, level: Level) -> bool {
    // The store reports why a connection is refused; the pool repeats it for each attempt.
    if target.starts_with("sqlx_core::pool") {
        return false;
    }
    let target = target.split("::").next().unwrap_or_default();
    match target {
        "claviger" => true,
        _ if target.starts_with("pingora") => false,
        // sqlx warns about parts of the database URL.
        _ if target.starts_with("sqlx") => level == Level::ERROR,
        _ => level <= Level::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_cannot_log_a_request() {
        assert!(is_safe("claviger::proxy", Level::TRACE));
        assert!(!is_safe("pingora_proxy", Level::ERROR));
        assert!(!is_safe("pingora_core::protocols::http", Level::DEBUG));
        assert!(!is_safe("h2::codec::framed_read", Level::DEBUG));
        assert!(is_safe("notify", Level::WARN));
    }
}
