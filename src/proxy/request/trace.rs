//! Spans of requests (W3C Trace Context): a caller's trace is continued, reported with the fields of the access log, and
//! forwarded to the API.

use std::time::SystemTime;

use http::{HeaderMap, HeaderName};
use pingora::http::RequestHeader;

use super::access_record::AccessRecord;
use crate::telemetry::{Attribute, METHODS, Span, SpanSink, TraceParent, method_index};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

#[derive(Clone)]
pub struct Tracer {
    sink: SpanSink,
    sample: f64,
}

/// The span of a sampled request.
#[derive(Debug, Clone, Copy)]
pub(in crate::proxy) struct Trace {
    own: TraceParent,
    parent: Option<u64>,
}

impl Tracer {
    /// Reports the share `sample` of all requests, and every request that a trusted proxy has sampled.
    pub fn new(sink: SpanSink, sample: f64) -> Self {
        Self { sink, sample }
    }

    /// `None` where the request is not sampled.
    pub(in crate::proxy) fn begin(&self, headers: &HeaderMap, is_trusted: bool) -> Option<Trace> {
        Trace::begin(parent(headers), is_trusted, self.sample)
    }

    pub(in crate::proxy) fn end(&self, trace: Trace, record: &AccessRecord) {
        self.sink.send(Span {
            own: trace.own,
            parent: trace.parent,
            name: method(record.method, "HTTP"),
            began: SystemTime::from(record.time) - record.duration,
            took: record.duration,
            has_failed: record.status >= 500,
            attributes: attributes(record),
        });
    }

    /// Waits, for a limited time, until finished spans are sent.
    pub fn flush(&self) {
        self.sink.flush();
    }
}

impl Trace {
    /// An untrusted caller cannot raise the share of requests that are sampled.
    fn begin(caller: Option<TraceParent>, is_trusted: bool, sample: f64) -> Option<Self> {
        let is_drawn = || fastrand::f64() < sample;
        let (trace, parent) = match caller {
            Some(caller) if caller.is_sampled && (is_trusted || is_drawn()) => (caller.trace, Some(caller.span)),
            None if is_drawn() => (fastrand::u128(1..), None),
            Some(_) | None => return None,
        };
        Some(Self { own: TraceParent { trace, span: fastrand::u64(1..), is_sampled: true }, parent })
    }
}

/// Names the parent span to the API: ours where the request is sampled, else the caller's. A traceparent that is
/// malformed or repeated is replaced by a new trace (4.3), and its tracestate is dropped.
pub(in crate::proxy) fn forward(request: &mut RequestHeader, trace: Option<Trace>) -> pingora::Result<()> {
    if trace.is_none() && !request.headers.contains_key(TRACEPARENT) {
        return Ok(());
    }
    let is_valid = parent(&request.headers).is_some();
    let next = match trace {
        Some(trace) => trace.own,
        None if is_valid => return Ok(()),
        None => TraceParent { trace: fastrand::u128(1..), span: fastrand::u64(1..), is_sampled: false },
    };
    if !is_valid {
        request.remove_header(&TRACESTATE);
    }
    request.remove_header(&TRACEPARENT);
    request.insert_header("traceparent", next.to_string())
}

/// `None` where the header is missing, malformed or repeated.
fn parent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let parent = TraceParent::parse(values.next()?.as_bytes());
    parent.filter(|_| values.next().is_none())
}

/// Unknown methods share one name, so that callers cannot create new ones (OpenTelemetry's HTTP conventions).
fn method(method: &str, other: &'static str) -> &'static str {
    match METHODS[method_index(method)] {
        "other" => other,
        listed => listed,
    }
}

fn attributes(record: &AccessRecord) -> Vec<(&'static str, Attribute)> {
    let text = |text: &str| Attribute::Text(text.to_owned());
    let mut attributes = vec![
        ("http.request.method", text(method(record.method, "_OTHER"))),
        ("url.path", text(record.path)),
        ("http.response.status_code", Attribute::Integer(record.status.into())),
        ("claviger.request_id", Attribute::Text(record.request_id.to_string())),
        ("claviger.decision", text(record.decision)),
        ("claviger.scheme", text(record.scheme)),
        ("claviger.decision_ms", Attribute::millis(record.decision_time)),
    ];
    let further = [
        ("client.address", record.client.map(|client| Attribute::Text(client.to_string()))),
        ("claviger.code", record.code.map(text)),
        ("claviger.cause", record.cause.map(text)),
        ("claviger.credential", record.credential.map(text)),
        ("claviger.account", record.account.map(text)),
        ("claviger.version", record.version.map(text)),
        ("claviger.upstream_ms", record.upstream.map(Attribute::millis)),
    ];
    attributes.extend(further.into_iter().filter_map(|(name, value)| Some((name, value?))));
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn forwarded(traceparents: &[&str]) -> RequestHeader {
        let mut request = RequestHeader::build("GET", b"/", None).unwrap();
        for traceparent in traceparents {
            request.append_header("traceparent", *traceparent).unwrap();
        }
        request.append_header("tracestate", "x=1").unwrap();
        forward(&mut request, None).unwrap();
        request
    }

    #[test]
    fn untrusted_callers_cannot_raise_the_sampling_rate() {
        let traced = |caller: Option<TraceParent>, is_trusted: bool, sample: f64| {
            Trace::begin(caller, is_trusted, sample).map(|trace| trace.own.trace)
        };
        let theirs = TraceParent::parse(GOOD.as_bytes());
        let trace = theirs.map(|theirs| theirs.trace);
        assert_eq!(traced(theirs, false, 0.0), None);
        assert_eq!(traced(theirs, true, 0.0), trace);
        assert_eq!(traced(theirs, false, 1.0), trace);
        assert_eq!(traced(None, true, 0.0), None);
        assert!(traced(None, false, 1.0).is_some_and(|own| Some(own) != trace));
        let unsampled = theirs.map(|theirs| TraceParent { is_sampled: false, ..theirs });
        assert_eq!(traced(unsampled, true, 1.0), None);
    }

    #[test]
    fn trace_of_an_unsampled_request_passes_unchanged() {
        let request = forwarded(&[GOOD]);
        assert_eq!(
            (&request.headers["traceparent"], &request.headers["tracestate"]),
            (&GOOD.parse().unwrap(), &"x=1".parse().unwrap())
        );
        assert!(!forwarded(&[]).headers.contains_key("traceparent"));
    }

    #[test]
    fn malformed_or_repeated_traceparent_is_replaced() {
        for bad in [&["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"][..], &[""], &[GOOD, GOOD]] {
            let request = forwarded(bad);
            let fresh = parent(&request.headers).unwrap();
            assert!(!fresh.is_sampled && fresh.to_string() != GOOD, "{fresh}");
            assert!(!request.headers.contains_key("tracestate"));
        }
    }
}
