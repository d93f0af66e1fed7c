//! The query that is forwarded.

use http::header::HOST;
use pingora::http::RequestHeader;

use super::headers;
use crate::auth::StrippedQuery;

/// The API key in a query is ours alone: the rest is forwarded as it came.
pub(in crate::proxy) fn strip_key(request: &mut RequestHeader, name: &str) -> pingora::Result<()> {
    let raw = String::from_utf8_lossy(request.raw_path()).into_owned();
    let Some((path, query)) = raw.split_once('?') else { return Ok(()) };
    let Some(stripped) = StrippedQuery::of(query, name) else { return Ok(()) };
    let target = if stripped.rest.is_empty() { path.to_owned() } else { format!("{path}?{}", stripped.rest) };
    // A new target takes the authority of HTTP/2 away, which is the host of the request.
    if let (false, Some(host)) = (request.headers.contains_key(HOST), headers::authority(request)) {
        request.insert_header(HOST, host)?;
    }
    request.set_raw_path(target.as_bytes())
}
