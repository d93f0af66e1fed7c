//! One line a request: who, what, the verdict and its reason. Never a secret, never a query.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use crate::auth::{Rejection, Scheme};
use crate::telemetry::{LineSink, Metrics};

/// Bytes of a line that is longer than most.
const ROOM: usize = 512;

/// Where lines go and how they look.
pub struct AccessLog {
    sink: LineSink,
    is_json: bool,
    metrics: Arc<Metrics>,
}

/// The line, field by field.
pub(in crate::proxy) struct Line<'a> {
    pub(in crate::proxy) time: Timestamp,
    pub(in crate::proxy) request_id: uuid::Uuid,
    pub(in crate::proxy) client: Option<std::net::IpAddr>,
    pub(in crate::proxy) method: &'a str,
    pub(in crate::proxy) path: &'a str,
    pub(in crate::proxy) status: u16,
    pub(in crate::proxy) decision: &'static str,
    pub(in crate::proxy) code: Option<&'static str>,
    pub(in crate::proxy) scheme: &'static str,
    pub(in crate::proxy) credential: Option<&'a str>,
    pub(in crate::proxy) account: Option<&'a str>,
    pub(in crate::proxy) version: Option<&'a str>,
    pub(in crate::proxy) duration: Duration,
    pub(in crate::proxy) decided_in: Duration,
    pub(in crate::proxy) upstream: Option<Duration>,
    pub(in crate::proxy) bytes: usize,
}

/// An object of JSON that grows field by field, the first one aside.
struct JsonLine(Vec<u8>);

impl JsonLine {
    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// What needs no escaping.
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

/// What the connection knows.
pub(in crate::proxy) struct Answered<'a> {
    pub(in crate::proxy) now: Timestamp,
    pub(in crate::proxy) method: &'a str,
    pub(in crate::proxy) path: &'a str,
    pub(in crate::proxy) bytes: usize,
}

impl AccessLog {
    /// Lines as JSON, or for people.
    pub fn new(sink: LineSink, is_json: bool, metrics: Arc<Metrics>) -> Self {
        Self { sink, is_json, metrics }
    }

    pub(in crate::proxy) fn write(&self, line: &Line) {
        let bytes = if self.is_json { line.json() } else { line.readable().into_bytes() };
        if !self.sink.write(bytes) {
            self.metrics.lines_dropped.inc();
        }
    }
}

impl<'a> Line<'a> {
    pub(in crate::proxy) fn new(context: &'a Context, answered: &Answered<'a>) -> Self {
        let admission = context.admission.as_ref();
        let credential = context.recognised.as_deref();
        let version = admission.and_then(|admission| {
            let versions = &context.policy.as_ref()?.rules.versions;
            admission.served(versions).map(|version| version.name.as_str())
        });
        let decision = match (&context.admission, context.rejection) {
            (Some(admission), _) if admission.credential.is_none() => "public",
            (Some(_), _) => "admitted",
            (None, _) => "refused",
        };
        Self {
            time: answered.now,
            request_id: context.request_id,
            client: context.client,
            method: answered.method,
            path: answered.path,
            status: context.status,
            decision,
            code: context.rejection.map(Rejection::code),
            scheme: if context.scheme == Scheme::None { "none" } else { context.scheme.as_str() },
            credential: credential.map(|credential| credential.id.as_str()),
            account: credential.map(|credential| credential.account.id.as_str()),
            version,
            duration: context.started.elapsed(),
            decided_in: context.decided_in,
            upstream: context.upstream_answered,
            bytes: answered.bytes,
        }
    }

    fn json(&self) -> Vec<u8> {
        let mut line = JsonLine(Vec::with_capacity(ROOM));
        match self.write_json(&mut line) {
            Ok(()) => line.0,
            Err(_) => Vec::new(),
        }
    }

    /// Piece by piece, in half the time of a serializer, which looks for what to escape in every name and value. Only
    /// method and path can have anything of the kind: ids and versions are [labels](crate::credential::Label).
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
        line.text("scheme", Some(self.scheme));
        line.text("credential", self.credential);
        line.text("account", self.account);
        line.text("version", self.version);
        line.millis("duration_ms", Some(self.duration))?;
        line.millis("decision_ms", Some(self.decided_in))?;
        line.millis("upstream_ms", self.upstream)?;
        line.number("bytes", self.bytes as u64)?;
        line.0.extend_from_slice(b"}\n");
        Ok(())
    }

    fn readable(&self) -> String {
        let time = self.time.strftime("%H:%M:%S");
        let verdict = self.code.unwrap_or(self.decision);
        let who = self.credential.unwrap_or("-");
        // A path may hold what a terminal would obey.
        let path = self.path.escape_debug();
        let millis = self.duration.as_secs_f64() * 1e3;
        format!("{time} {} {verdict:<20} {who:<20} {} {path} {millis:.1} ms\n", self.status, self.method)
    }
}
