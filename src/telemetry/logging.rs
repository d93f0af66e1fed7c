//! Operational log on standard error, written like every line by a thread of its own: a reader who does
//! not read must not stop a request. What is told follows a reload.

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

/// The log of this process.
#[derive(Clone)]
pub struct Log {
    sink: LineSink,
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Log {
    /// Starts logging, once a process. `level` is a level or a filter like `RUST_LOG`'s.
    ///
    /// # Errors
    /// When `level` cannot be read, or logging was started before.
    pub fn start(level: &str, style: LogStyle) -> Result<Self, String> {
        // There is nobody left to tell.
        let lines = LineWriter::start(std::io::stderr(), |_, _| ()).map_err(|error| error.to_string())?;
        let sink = lines.sink();
        let (filter, handle) = reload::Layer::new(read(level)?);
        let harmless = filter_fn(|metadata| is_harmless(metadata.target(), *metadata.level()));
        let layer: Box<dyn Layer<_> + Send + Sync> = match style {
            LogStyle::Json => fmt::layer().json().flatten_event(true).with_writer(sink.clone()).boxed(),
            LogStyle::Text { ansi } => {
                fmt::layer().with_ansi(ansi).with_target(false).with_timer(TimeOfDay).with_writer(sink.clone()).boxed()
            }
        };
        // The level is asked first: it can tell in advance what it will never want, and nobody then looks at the twenty
        // debug messages that pingora has for each request.
        tracing_subscriber::registry()
            .with(layer.with_filter(harmless).with_filter(filter))
            .try_init()
            .map_err(|error| error.to_string())?;
        Ok(Self { sink, filter: handle })
    }

    /// Tells more or less from now on.
    ///
    /// # Errors
    /// When `level` cannot be read.
    pub fn set_level(&self, level: &str) -> Result<(), String> {
        self.filter.reload(read(level)?).map_err(|error| error.to_string())
    }

    /// Waits, for a moment, until everything that was said is written.
    pub fn flush(&self) {
        self.sink.flush();
    }
}

fn read(level: &str) -> Result<EnvFilter, String> {
    EnvFilter::builder().parse(level).map_err(|error| error.to_string())
}

/// What people at a terminal need of a time: the same as the access log shows.
struct TimeOfDay;

impl FormatTime for TimeOfDay {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        #[expect(clippy::disallowed_methods, reason = "shown, not decided by")]
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

/// Collects the pieces of one event.
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
        // When nobody reads, lines are lost rather than requests.
        let _lost = self.sink.write(std::mem::take(&mut self.line));
    }
}

/// Libraries may print whole requests, secrets included: h2 its frames at debug, pingora the bytes it
/// could not parse even at error. What we need to say about a request, we say ourselves.
fn is_harmless(target: &str, level: Level) -> bool {
    let target = target.split("::").next().unwrap_or_default();
    match target {
        "claviger" => true,
        _ if target.starts_with("pingora") => false,
        // sqlx warns of what stands in a URL.
        _ if target.starts_with("sqlx") => level == Level::ERROR,
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
