//! Spans as a collector receives them.

use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span, Status};
use prost::Message as _;

use crate::support::{Connection, Gate, GateBuilder, PASSWORD, RecordingApi, Request, TOKEN, eventually};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// A gate with this collector; a recording API serves as one, since it answers 200 to everything.
fn traced(api: &RecordingApi, collector: &RecordingApi, more: &str) -> GateBuilder {
    Gate::before(api.url()).settings(&format!("tracing: {{otlp: '{}'{more}}}", collector.url()))
}

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{CALLER}-{flags}")
}

/// Stops the gate, which exports the remaining spans, and reads the spans that the collector received.
fn spans(mut gate: Gate, collector: &RecordingApi) -> Vec<Span> {
    gate.signal(Signal::SIGTERM);
    assert!(gate.wait().success());
    collector.seen().iter().flat_map(|seen| read(&seen.body)).flat_map(spans_of).collect()
}

fn read(body: &[u8]) -> Vec<ResourceSpans> {
    ExportTraceServiceRequest::decode(body).unwrap().resource_spans
}

fn spans_of(resource: ResourceSpans) -> Vec<Span> {
    resource.scope_spans.into_iter().flat_map(|scope| scope.spans).collect()
}

/// A value as text.
fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let pair = attributes.iter().find(|pair| pair.key == key)?;
    let AnyValue { value } = pair.value.clone()?;
    Some(match value? {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        other => panic!("{key}: {other:?}"),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_span_joins_the_trace_of_the_client_and_is_the_parent_of_the_api() {
    let (api, collector) = (RecordingApi::start(), RecordingApi::start());
    let gate = traced(&api, &collector, "").start();
    let request = Request::new("POST", "/payments?card=planted").bearer(TOKEN);
    let request = request.header("traceparent", traceparent("01")).header("tracestate", "vendor=1");
    assert_eq!(gate.send(&request).status, 200);
    let id = gate.access_log(1)[0]["request_id"].as_str().unwrap().to_owned();
    let seen = api.last();
    let forwarded: Vec<_> = seen.header("traceparent").unwrap().split('-').collect();
    assert_eq!(seen.header("tracestate"), Some("vendor=1"));

    let spans = spans(gate, &collector);
    let [span] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!([hex(&span.trace_id), hex(&span.parent_span_id)], [TRACE, CALLER]);
    assert_eq!(forwarded, ["00", TRACE, &hex(&span.span_id), "01"]);
    assert_ne!(hex(&span.span_id), CALLER);
    assert_eq!((span.name.as_str(), span.kind()), ("POST", SpanKind::Server));
    assert!(span.end_time_unix_nano > span.start_time_unix_nano && span.status.is_none());
    let value_of = |key: &str| attribute(&span.attributes, key).unwrap_or_default();
    for (key, value) in [
        ("http.request.method", "POST"),
        ("http.response.status_code", "200"),
        ("url.path", "/payments"),
        ("client.address", "127.0.0.1"),
        ("claviger.request_id", &id),
        ("claviger.decision", "admitted"),
        ("claviger.code", ""),
        ("claviger.scheme", "bearer"),
        ("claviger.credential", "acme-billing"),
        ("claviger.account", "acme"),
    ] {
        assert_eq!(value_of(key), value, "{key}");
    }
    assert!(value_of("claviger.decision_ms").parse::<f64>().unwrap() > 0.0);

    let sent = collector.last();
    assert_eq!(sent.line(), "POST /v1/traces HTTP/1.1");
    assert_eq!(sent.header("content-type"), Some("application/x-protobuf"));
    assert!(!String::from_utf8_lossy(&sent.body).contains("planted"));
    let resource = read(&sent.body).remove(0).resource.unwrap();
    assert_eq!(attribute(&resource.attributes, "service.name").as_deref(), Some("claviger"));
    assert_eq!(attribute(&resource.attributes, "service.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_refusal_is_a_span_with_its_code_and_only_failures_are_errors() {
    let collector = RecordingApi::start();
    let nowhere = Gate::before("http://127.0.0.1:1");
    let gate = nowhere.settings(&format!("tracing: {{otlp: '{}'}}", collector.url())).start();
    gate.send(&Request::new("PLANTED", "/x"));
    gate.send(&Request::get("/x").basic("acme", PASSWORD));
    gate.access_log(2);
    let mut spans = spans(gate, &collector);
    spans.sort_by_key(|span| span.start_time_unix_nano);
    let fields: Vec<_> = spans
        .iter()
        .map(|span| {
            assert!(span.parent_span_id.is_empty());
            let value_of = |key: &str| attribute(&span.attributes, key).unwrap_or_default();
            let code = span.status.as_ref().map(Status::code);
            (span.name.clone(), value_of("claviger.decision"), value_of("claviger.code"), code)
        })
        .collect();
    let words = |name: &str, decision: &str, code: &str| (name.to_owned(), decision.to_owned(), code.to_owned());
    let [first, second] =
        [words("HTTP", "refused", "credential_missing"), words("GET", "admitted", "upstream_unreachable")];
    assert_eq!(fields[0], (first.0, first.1, first.2, None));
    assert_eq!(fields[1], (second.0, second.1, second.2, Some(StatusCode::Error)));
    assert_ne!(spans[0].trace_id, spans[1].trace_id);
}

#[test]
fn a_forward_auth_check_is_a_span_of_the_original_request() {
    let collector = RecordingApi::start();
    let gate = Gate::forward_auth("").settings(&format!("tracing: {{otlp: '{}'}}", collector.url())).start();
    let about = Request::get("/auth").header("X-Forwarded-Method", "DELETE").header("X-Forwarded-Uri", "/visits?a=b");
    let reply =
        Connection::open(gate.forward_auth_addr).send(&about.bearer(TOKEN).header("traceparent", traceparent("01")));
    assert_eq!(reply.status, 200);
    gate.access_log(1);
    let spans = spans(gate, &collector);
    let [span] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!([hex(&span.trace_id), hex(&span.parent_span_id)], [TRACE, CALLER]);
    let values = ["http.request.method", "url.path", "claviger.credential"].map(|key| attribute(&span.attributes, key));
    assert_eq!(values.map(Option::unwrap_or_default), ["DELETE", "/visits", "acme-billing"]);
}

#[test]
fn requests_that_are_not_sampled_pass_unchanged_without_a_span() {
    let (api, collector) = (RecordingApi::start(), RecordingApi::start());
    let gate = traced(&api, &collector, ", sample: 0").proxy("  trusted_proxies: [127.0.0.2]").start();
    let mut connection = gate.connect();
    connection.send(&Request::get("/x").bearer(TOKEN));
    assert_eq!(api.last().header("traceparent"), None);
    connection.send(&Request::get("/x").bearer(TOKEN).header("traceparent", traceparent("00")));
    assert_eq!(api.last().header("traceparent"), Some(&*traceparent("00")));
    // The sampled flag of an untrusted client is ignored; that of a trusted proxy counts.
    let wanted = Request::get("/x").bearer(TOKEN).header("traceparent", traceparent("01"));
    connection.send(&wanted);
    assert_eq!(api.last().header("traceparent"), Some(&*traceparent("01")));
    Connection::from([127, 0, 0, 2].into(), gate.address).send(&wanted);
    gate.access_log(4);
    assert_eq!(spans(gate, &collector).len(), 1);
}

#[test]
fn an_unreachable_collector_loses_spans_and_no_request() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("tracing: {otlp: 'http://127.0.0.1:1'}").start();
    for _ in 0..5 {
        assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    }
    let failed = || gate.metric("claviger_spans_total{result=\"failed\"}");
    eventually("spans are counted as lost", || failed() == 5.0);
    eventually("the loss is logged", || gate.stderr().contains("spans are lost"));
    let log = gate.stderr();
    assert!(log.contains("Connection refused") && !log.contains("/v1/traces"), "{log}");
}
