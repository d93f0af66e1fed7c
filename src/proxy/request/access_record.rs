//! What the access log and the trace of a request record. Never a secret, never a query.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

pub(in crate::proxy) struct AccessRecord<'a> {
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

/// The path of a request target, without the query. The scheme and authority of an absolute target are left out: a user
/// name and password may stand in them (RFC 3986, 3.2.1).
pub(in crate::proxy) fn path_of(target: &[u8]) -> &[u8] {
    let end = target.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
    let target = &target[..end];
    if target.starts_with(b"/") {
        return target;
    }
    // A password may contain a slash, so the last @ counts.
    let behind_user = target.iter().rposition(|byte| *byte == b'@').map(|at| &target[at + 1..]);
    let behind_scheme = target.windows(3).position(|window| window == b"://").map(|at| &target[at + 3..]);
    match behind_user.or(behind_scheme) {
        Some(rest) => rest.iter().position(|byte| *byte == b'/').map_or(b"/", |at| &rest[at..]),
        None => target,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_target_holds_no_query_and_no_password() {
        for (target, path) in [
            ("/x?token=secret", "/x"),
            ("/x@y#secret", "/x@y"),
            ("http://api.example.org/x", "/x"),
            ("http://api.example.org", "/"),
            ("http://acme:secret@api.example.org/x", "/x"),
            ("http://acme:se/cr@et@api.example.org/x", "/x"),
            ("acme:secret@api.example.org:443", "/"),
            ("http:\\\\acme:secret@api.example.org\\x", "/"),
            ("api.example.org:443", "api.example.org:443"),
            ("*", "*"),
            ("", ""),
        ] {
            assert_eq!(path_of(target.as_bytes()), path.as_bytes(), "{target}");
        }
    }
}
