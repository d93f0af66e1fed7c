//! Where the logs and spans go, and in which format.

use std::io::IsTerminal;
use std::sync::Arc;

use anyhow::Context as _;

use crate::config::Settings;
use crate::config::raw::LogFormat;
use crate::proxy::Tracer;
use crate::telemetry::{LineWriter, LogStyle, Metrics, SpanSink};

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
pub(super) fn stdout_is_json(settings: &Settings) -> bool {
    match settings.log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stdout().is_terminal(),
    }
}

/// Writer of the access log. Lost lines are counted, and their first cause is logged.
///
/// # Errors
/// When the thread cannot be spawned.
pub(super) fn stdout_lines(metrics: Arc<Metrics>) -> std::io::Result<LineWriter> {
    let mut is_logged = false;
    LineWriter::start(std::io::stdout(), move |error, lost| {
        metrics.lines_dropped.inc_by(lost);
        if !std::mem::replace(&mut is_logged, true) {
            tracing::error!(%error, "cannot write the access log; lost lines are counted");
        }
    })
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
