//! The OTLP messages for spans; tags as in opentelemetry/proto/trace/v1/trace.proto.

use std::time::{SystemTime, UNIX_EPOCH};

use prost::{Message, Oneof};

use crate::telemetry::{Attribute, Span};

const SERVER: i32 = 2;
const ERROR: i32 = 2;
// SpanFlags.
const SAMPLED: u32 = 1;
const HAS_IS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportRequest {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    spans: Vec<SpanMessage>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct SpanMessage {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
    #[prost(fixed32, tag = "16")]
    flags: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "3")]
    code: i32,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "Value", tags = "1, 3, 4")]
    value: Option<Value>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Value {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(int64, tag = "3")]
    Integer(i64),
    #[prost(double, tag = "4")]
    Real(f64),
}

impl ExportRequest {
    pub(super) fn of(spans: Vec<Span>) -> Self {
        let (name, version) = (env!("CARGO_PKG_NAME").to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        let resource = Resource {
            attributes: vec![
                KeyValue::new("service.name", Value::Text(name.clone())),
                KeyValue::new("service.version", Value::Text(version.clone())),
            ],
        };
        let spans = spans.into_iter().map(SpanMessage::from).collect();
        let scope_spans = vec![ScopeSpans { scope: Some(Scope { name, version }), spans }];
        Self { resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans }] }
    }
}

impl From<Span> for SpanMessage {
    fn from(span: Span) -> Self {
        let pairs = span.attributes.into_iter().map(|(key, value)| match value {
            Attribute::Text(text) => KeyValue::new(key, Value::Text(text)),
            Attribute::Integer(number) => KeyValue::new(key, Value::Integer(number)),
            Attribute::Real(number) => KeyValue::new(key, Value::Real(number)),
        });
        Self {
            trace_id: span.own.trace.to_be_bytes().to_vec(),
            span_id: span.own.span.to_be_bytes().to_vec(),
            parent_span_id: span.parent.map_or_else(Vec::new, |parent| parent.to_be_bytes().to_vec()),
            name: span.name.to_owned(),
            kind: SERVER,
            start_time_unix_nano: nanos(span.began),
            end_time_unix_nano: nanos(span.began + span.took),
            attributes: pairs.collect(),
            status: span.has_failed.then_some(Status { code: ERROR }),
            flags: SAMPLED | HAS_IS_REMOTE | if span.parent.is_some() { IS_REMOTE } else { 0 },
        }
    }
}

impl KeyValue {
    fn new(key: &str, value: Value) -> Self {
        Self { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
    }
}

fn nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
