//! The fields of a log line, which are those of a span too. Never a secret, never a query.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

pub(in crate::proxy) struct LogLine<'a> {
    pub(in crate::proxy) time: Timestamp,
    pub(in crate::proxy) request_id: Uuid,
    pub(in crate::proxy) client: Option<IpAddr>,
    pub(in crate::proxy) method: &'a str,
    /// Without the query.
    pub(in crate::proxy) path: &'a str,
    pub(in crate::proxy) status: u16,
    pub(in crate::proxy) decision: &'static str,
    pub(in crate::proxy) code: Option<&'static str>,
    /// Why the API did not answer, with its address; or how the client left.
    pub(in crate::proxy) cause: Option<&'a str>,
    pub(in crate::proxy) scheme: &'static str,
    pub(in crate::proxy) credential: Option<&'a str>,
    pub(in crate::proxy) account: Option<&'a str>,
    pub(in crate::proxy) version: Option<&'a str>,
    pub(in crate::proxy) duration: Duration,
    pub(in crate::proxy) decision_time: Duration,
    pub(in crate::proxy) upstream: Option<Duration>,
    /// Of the response body, as sent.
    pub(in crate::proxy) bytes: usize,
}
