//! Where the process tells what it does, and how that looks.

use std::io::IsTerminal;
use std::sync::Arc;

use anyhow::Context as _;

use crate::config::Settings;
use crate::config::raw::LogFormat;
use crate::proxy::Tracer;
use crate::telemetry::{LineWriter, LogStyle, Metrics, SpanSink};

/// Of the operational log.
pub(super) fn stderr_style(settings: &Settings) -> LogStyle {
    match settings.log.format {
        LogFormat::Json => LogStyle::Json,
        LogFormat::Text => LogStyle::Text { ansi: false },
        LogFormat::Auto if std::io::stderr().is_terminal() => LogStyle::Text { ansi: crate::config::wants_colour() },
        LogFormat::Auto => LogStyle::Json,
    }
}

/// Of the access log.
pub(super) fn stdout_is_json(settings: &Settings) -> bool {
    match settings.log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stdout().is_terminal(),
    }
}

/// For the access log: a line that is lost is counted, and why is said once.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn stdout_lines(metrics: Arc<Metrics>) -> std::io::Result<LineWriter> {
    let mut has_complained = false;
    LineWriter::start(std::io::stdout(), move |error, lost| {
        metrics.lines_dropped.inc_by(lost);
        if !std::mem::replace(&mut has_complained, true) {
            tracing::error!(%error, "the access log cannot be written; lines that are lost are counted");
        }
    })
}

/// For a collector, where one is named.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn tracer(settings: &Settings, metrics: &Metrics) -> anyhow::Result<Option<Tracer>> {
    let Some(tracing) = &settings.tracing else { return Ok(None) };
    let sink = SpanSink::start(&tracing.collector, metrics).map_err(anyhow::Error::from_boxed);
    Ok(Some(Tracer::new(sink.context("cannot start sending spans")?, tracing.sample)))
}
