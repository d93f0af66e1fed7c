//! One line a request: who, what, the verdict and its reason. Never a secret, never a query.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use crate::auth::{Rejection, Scheme};
use crate::telemetry::{LineSink, Metrics};

/// Where lines go and how they look.
pub struct AccessLog {
    sink: LineSink,
    is_json: bool,
    metrics: Arc<Metrics>,
}

/// The line, field by field; times in milliseconds.
#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    request_id: uuid::Uuid,
    client: Option<std::net::IpAddr>,
    method: &'a str,
    path: &'a str,
    status: u16,
    decision: &'static str,
    code: Option<&'static str>,
    scheme: &'static str,
    credential: Option<&'a str>,
    account: Option<&'a str>,
    version: Option<&'a str>,
    #[serde(rename = "duration_ms")]
    duration: f64,
    #[serde(rename = "decision_ms")]
    decided_in: f64,
    #[serde(rename = "upstream_ms")]
    upstream: Option<f64>,
    bytes: usize,
}

/// What the connection knows.
pub(super) struct Answered<'a> {
    pub(super) now: Timestamp,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) bytes: usize,
}

impl AccessLog {
    /// Lines as JSON, or for people.
    pub fn new(sink: LineSink, is_json: bool, metrics: Arc<Metrics>) -> Self {
        Self { sink, is_json, metrics }
    }

    pub(super) fn write(&self, context: &Context, answered: &Answered) {
        let line = Line::new(context, answered);
        let bytes = if self.is_json { line.json() } else { line.readable().into_bytes() };
        if !self.sink.write(bytes) {
            self.metrics.lines_dropped.inc();
        }
    }
}

impl<'a> Line<'a> {
    fn new(context: &'a Context, answered: &Answered<'a>) -> Self {
        let admission = context.admission.as_ref();
        let credential = context.recognised.as_deref();
        let version = admission.and_then(|admission| {
            let versions = &context.policy.as_ref()?.rules.versions.known;
            versions.get(admission.version?).map(|version| version.name.as_str())
        });
        let decision = match (&context.admission, context.rejection) {
            (Some(admission), _) if admission.credential.is_none() => "public",
            (Some(_), _) => "admitted",
            (None, _) => "refused",
        };
        let millis = |duration: std::time::Duration| (duration.as_secs_f64() * 1e6).round() / 1e3;
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
            duration: millis(context.started.elapsed()),
            decided_in: millis(context.decided_in),
            upstream: context.upstream_answered.map(millis),
            bytes: answered.bytes,
        }
    }

    fn json(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    fn readable(&self) -> String {
        let time = self.time.strftime("%H:%M:%S");
        let verdict = self.code.unwrap_or(self.decision);
        let who = self.credential.unwrap_or("-");
        // A path may hold what a terminal would obey.
        let path = self.path.escape_debug();
        format!("{time} {} {verdict:<20} {who:<20} {} {path} {:.1} ms\n", self.status, self.method, self.duration)
    }
}
