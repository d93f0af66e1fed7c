//! Where the logs and spans go, and in which format.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::config::Settings;
use crate::config::raw::LogFormat;
use crate::proxy::Tracer;
use crate::telemetry::{LineOutput, LineWriter, LogStyle, Metrics, SpanSink};

/// Readable for the group, such as that of a log shipper.
const LOG_MODE: u32 = 0o640;

/// Format of the operational log.
pub(super) fn stderr_style(settings: &Settings) -> LogStyle {
    match settings.log.format {
        LogFormat::Json => LogStyle::Json,
        LogFormat::Text => LogStyle::Text { ansi: false },
        LogFormat::Auto if std::io::stderr().is_terminal() => LogStyle::Text { ansi: crate::config::wants_colour() },
        LogFormat::Auto => LogStyle::Json,
    }
}

/// Format of the access log.
pub(super) fn access_log_is_json(settings: &Settings) -> bool {
    match settings.log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => settings.log.file.is_some() || !io::stdout().is_terminal(),
    }
}

/// Writer of the access log. Lost lines are counted, and their first cause is logged.
///
/// # Errors
/// When the file of the log cannot be opened, or the thread cannot be spawned.
pub(super) fn access_lines(settings: &Settings, metrics: Arc<Metrics>) -> anyhow::Result<LineWriter> {
    let mut is_logged = false;
    let failed = move |error: &io::Error, lost| {
        metrics.lines_dropped.inc_by(lost);
        if !std::mem::replace(&mut is_logged, true) {
            tracing::error!(%error, "cannot write the access log; lost lines are counted");
        }
    };
    let is_written = settings.decides() && settings.log.access;
    let Some(file) = settings.log.file.clone().filter(|_| is_written) else {
        let lines = LineWriter::start(|| Ok(Box::new(io::stdout())), failed);
        return lines.context("cannot start the access log");
    };
    let name = format!("log.file: {}", file.display());
    LineWriter::start(move || reopened(&file), failed).context(name)
}

/// For appending: after an upgrade two processes may write for a while. Where the file was renamed, a new one is created.
fn reopened(file: &Path) -> io::Result<LineOutput> {
    let opened = open(file);
    match &opened {
        Ok(_) => tracing::debug!(file = %file.display(), "the access log is open"),
        Err(error) => tracing::error!(%error, file = %file.display(), "cannot open the access log"),
    }
    opened.map(|file| Box::new(file) as LineOutput)
}

fn open(file: &Path) -> io::Result<File> {
    // Opening a pipe would wait for its reader.
    let is_other = file.metadata().is_ok_and(|file| !file.is_file() && !file.file_type().is_char_device());
    if is_other {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    OpenOptions::new().append(true).create(true).mode(LOG_MODE).open(file)
}

/// `None` where `tracing` is not configured.
///
/// # Errors
/// When the thread cannot be spawned or the collector's URL cannot be used.
pub(super) fn tracer(settings: &Settings, metrics: &Metrics) -> anyhow::Result<Option<Tracer>> {
    let Some(tracing) = &settings.tracing else { return Ok(None) };
    let sink = SpanSink::start(&tracing.collector, metrics).map_err(anyhow::Error::from_boxed);
    Ok(Some(Tracer::new(sink.context("cannot start sending spans")?, tracing.sample)))
}
