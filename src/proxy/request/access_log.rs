//! The access log: one line a request, as JSON or for people.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::access_record::AccessRecord;
use crate::telemetry::{LineSink, Metrics};

/// Capacity of a line's buffer; few lines are longer.
const LINE_BYTES: usize = 512;

pub struct AccessLog {
    sink: LineSink,
    is_json: bool,
    metrics: Arc<Metrics>,
}

impl AccessLog {
    pub fn new(sink: LineSink, is_json: bool, metrics: Arc<Metrics>) -> Self {
        Self { sink, is_json, metrics }
    }

    pub(in crate::proxy) fn write(&self, record: &AccessRecord) {
        let bytes = if self.is_json { record.json() } else { record.readable().into_bytes() };
        if !self.sink.write(bytes) {
            self.metrics.lines_dropped.inc();
        }
    }
}

/// A JSON object under construction. Its first member is written separately.
struct JsonLine(Vec<u8>);

impl JsonLine {
    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// Does not escape.
    fn text(&mut self, name: &str, text: Option<&str>) {
        self.name(name);
        let Some(text) = text else { return self.0.extend_from_slice(b"null") };
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
    }

    fn escaped(&mut self, name: &str, text: &str) -> serde_json::Result<()> {
        self.name(name);
        serde_json::to_writer(&mut self.0, text)
    }

    fn number(&mut self, name: &str, number: u64) -> serde_json::Result<()> {
        self.name(name);
        serde_json::to_writer(&mut self.0, &number)
    }

    /// In milliseconds, to the microsecond.
    fn millis(&mut self, name: &str, time: Option<Duration>) -> serde_json::Result<()> {
        self.name(name);
        let Some(time) = time else { return serde_json::to_writer(&mut self.0, &()) };
        serde_json::to_writer(&mut self.0, &(time.as_micros() as f64 / 1e3))
    }
}

impl AccessRecord<'_> {
    fn json(&self) -> Vec<u8> {
        let mut line = JsonLine(Vec::with_capacity(LINE_BYTES));
        match self.write_json(&mut line) {
            Ok(()) => line.0,
            Err(_) => Vec::new(),
        }
    }

    /// By hand, in half the time of a serializer, which scans every name and value for characters to escape. Only
    /// method, path and cause can contain any: ids and versions are [labels](crate::credential::Label).
    fn write_json(&self, line: &mut JsonLine) -> std::io::Result<()> {
        write!(line.0, "{{\"time\":\"{}\"", self.time)?;
        let mut id = [0; uuid::fmt::Hyphenated::LENGTH];
        line.text("request_id", Some(self.request_id.hyphenated().encode_lower(&mut id)));
        match self.client {
            Some(client) => write!(line.0, ",\"client\":\"{client}\"")?,
            None => line.text("client", None),
        }
        line.escaped("method", self.method)?;
        line.escaped("path", self.path)?;
        line.number("status", self.status.into())?;
        line.text("decision", Some(self.decision));
        line.text("code", self.code);
        match self.cause {
            Some(cause) => line.escaped("cause", cause)?,
            None => line.text("cause", None),
        }
        line.text("scheme", Some(self.scheme));
        line.text("credential", self.credential);
        line.text("account", self.account);
        line.text("version", self.version);
        line.millis("duration_ms", Some(self.duration))?;
        line.millis("decision_ms", Some(self.decision_time))?;
        line.millis("upstream_ms", self.upstream)?;
        line.number("bytes", self.bytes as u64)?;
        line.0.extend_from_slice(b"}\n");
        Ok(())
    }

    fn readable(&self) -> String {
        let time = self.time.strftime("%H:%M:%S");
        let verdict = self.code.unwrap_or(self.decision);
        let who = self.credential.unwrap_or("-");
        // A path may contain control sequences of a terminal.
        let path = self.path.escape_debug();
        let millis = self.duration.as_secs_f64() * 1e3;
        let cause = self.cause.map(|cause| format!("  {}", cause.escape_debug())).unwrap_or_default();
        format!("{time} {} {verdict:<20} {who:<20} {} {path} {millis:.1} ms{cause}\n", self.status, self.method)
    }
}
