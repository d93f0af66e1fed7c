//! Requests as parts of traces (W3C Trace Context): continued from callers, told of in the words of the access log,
//! handed on to the API behind.

use std::time::SystemTime;

use http::{HeaderMap, HeaderName};
use pingora::http::RequestHeader;

use super::access_log::Line;
use crate::telemetry::{Attribute, METHODS, Span, SpanSink, TraceParent, method_index};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Begins and ends spans.
#[derive(Clone)]
pub struct Tracer {
    sink: SpanSink,
    sample: f64,
}

/// The span of a request that is told of.
#[derive(Debug, Clone, Copy)]
pub(in crate::proxy) struct Trace {
    own: TraceParent,
    parent: Option<u64>,
}

impl Tracer {
    /// Tells `sink` of this share of requests, and of all that trusted proxies want told.
    pub fn new(sink: SpanSink, sample: f64) -> Self {
        Self { sink, sample }
    }

    /// A request begins; `None` where nobody wants to know.
    pub(in crate::proxy) fn begin(&self, headers: &HeaderMap, is_trusted: bool) -> Option<Trace> {
        Trace::begin(named(headers), is_trusted, self.sample)
    }

    /// It is over, and this is its line.
    pub(in crate::proxy) fn end(&self, trace: Trace, line: &Line) {
        self.sink.send(Span {
            own: trace.own,
            parent: trace.parent,
            name: method(line.method, "HTTP"),
            began: SystemTime::from(line.time) - line.duration,
            took: line.duration,
            has_failed: line.status >= 500,
            attributes: attributes(line),
        });
    }

    /// Waits, for a moment, until what is over is sent.
    pub fn flush(&self) {
        self.sink.flush();
    }
}

impl Trace {
    /// What anybody says who is no trusted proxy makes no more spans than saying nothing.
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

/// Tells the API behind which span its own are part of: ours where there is one, else what the caller has said. A trace
/// that is malformed or doubled is started anew (4.3), without what was said of it.
///
/// # Errors
/// When the header cannot be set.
pub(in crate::proxy) fn hand_on(request: &mut RequestHeader, trace: Option<Trace>) -> pingora::Result<()> {
    if trace.is_none() && !request.headers.contains_key(TRACEPARENT) {
        return Ok(());
    }
    let is_named = named(&request.headers).is_some();
    let next = match trace {
        Some(trace) => trace.own,
        None if is_named => return Ok(()),
        None => TraceParent { trace: fastrand::u128(1..), span: fastrand::u64(1..), is_sampled: false },
    };
    if !is_named {
        request.remove_header(&TRACESTATE);
    }
    request.remove_header(&TRACEPARENT);
    request.insert_header("traceparent", next.to_string())
}

/// The trace that a request is part of already; `None` where it names none, or two.
fn named(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let parent = TraceParent::parse(values.next()?.as_bytes());
    parent.filter(|_| values.next().is_none())
}

/// As the conventions of OpenTelemetry want it: callers cannot make names.
fn method(method: &str, other: &'static str) -> &'static str {
    match METHODS[method_index(method)] {
        "other" => other,
        known => known,
    }
}

fn attributes(line: &Line) -> Vec<(&'static str, Attribute)> {
    let text = |text: &str| Attribute::Text(text.to_owned());
    let mut attributes = vec![
        ("http.request.method", text(method(line.method, "_OTHER"))),
        ("url.path", text(line.path)),
        ("http.response.status_code", Attribute::Integer(line.status.into())),
        ("claviger.request_id", Attribute::Text(line.request_id.to_string())),
        ("claviger.decision", text(line.decision)),
        ("claviger.scheme", text(line.scheme)),
        ("claviger.decision_ms", Attribute::millis(line.decided_in)),
    ];
    let further = [
        ("client.address", line.client.map(|client| Attribute::Text(client.to_string()))),
        ("claviger.code", line.code.map(text)),
        ("claviger.credential", line.credential.map(text)),
        ("claviger.account", line.account.map(text)),
        ("claviger.version", line.version.map(text)),
        ("claviger.upstream_ms", line.upstream.map(Attribute::millis)),
    ];
    attributes.extend(further.into_iter().filter_map(|(name, value)| Some((name, value?))));
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn handed_on(traceparents: &[&str]) -> RequestHeader {
        let mut request = RequestHeader::build("GET", b"/", None).unwrap();
        for traceparent in traceparents {
            request.append_header("traceparent", *traceparent).unwrap();
        }
        request.append_header("tracestate", "x=1").unwrap();
        hand_on(&mut request, None).unwrap();
        request
    }

    #[test]
    fn strangers_cannot_have_more_told_than_what_is_told_anyway() {
        let told = |caller: Option<TraceParent>, is_trusted: bool, sample: f64| {
            Trace::begin(caller, is_trusted, sample).map(|trace| trace.own.trace)
        };
        let theirs = TraceParent::parse(GOOD.as_bytes());
        let trace = theirs.map(|theirs| theirs.trace);
        assert_eq!(told(theirs, false, 0.0), None);
        assert_eq!(told(theirs, true, 0.0), trace);
        assert_eq!(told(theirs, false, 1.0), trace);
        assert_eq!(told(None, true, 0.0), None);
        assert!(told(None, false, 1.0).is_some_and(|own| Some(own) != trace));
        let not_told = theirs.map(|theirs| TraceParent { is_sampled: false, ..theirs });
        assert_eq!(told(not_told, true, 1.0), None);
    }

    #[test]
    fn a_trace_passes_as_it_came_where_there_is_no_span_of_ours() {
        let request = handed_on(&[GOOD]);
        assert_eq!(
            (&request.headers["traceparent"], &request.headers["tracestate"]),
            (&GOOD.parse().unwrap(), &"x=1".parse().unwrap())
        );
        assert!(!handed_on(&[]).headers.contains_key("traceparent"));
    }

    #[test]
    fn a_trace_that_is_malformed_or_doubled_is_started_anew() {
        for bad in [&["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"][..], &[""], &[GOOD, GOOD]] {
            let request = handed_on(bad);
            let fresh = named(&request.headers).unwrap();
            assert!(!fresh.is_sampled && fresh.to_string() != GOOD, "{fresh}");
            assert!(!request.headers.contains_key("tracestate"));
        }
    }
}
