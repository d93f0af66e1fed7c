//! Who is calling: a caller within this process, a script with an operator token, or a browser with a session.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderMap};
use axum::http::request::Parts;

use super::csrf;
use super::middleware::RequestId;
use super::problem::{Code, Problem};
use super::state::{ControlState, LiveSettings};
use crate::auth::{forwarded_for, is_trusted_proxy};
use crate::control::Sentence;
use crate::control::operations::{Caller, caller_of_session, caller_of_token};

/// The cookie with the session. Browsers accept the prefix `__Host-` over TLS only, for this host only, for all paths.
pub const COOKIE_NAME: &str = "__Host-claviger";

const NO_CREDENTIAL: &str =
    "the request has no credential; sign in, or send an operator token as Authorization: Bearer TOKEN";
const OTHER_SCHEME: &str = "an operator token is sent as Authorization: Bearer TOKEN";
const INVALID_TOKEN: &str = "the operator token is unknown, disabled or expired; send one that is valid";
const NO_SESSION: &str = "the request has no session; sign in";
const INVALID_SESSION: &str = "the session has ended; sign in again";

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// # Errors
/// When the request has no valid credential, exceeds a rate limit, or comes from a page of another site.
pub(crate) async fn authenticate(
    state: &ControlState,
    settings: &LiveSettings,
    parts: &Parts,
) -> Result<Caller, Problem> {
    let now = state.clock.steady();
    let address = client_address(parts, settings);
    // Inserted within this process only: no header becomes an extension.
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return Ok(with_request(caller.clone(), parts, address));
    }
    let context = state.sign_in_context(settings, address, request_id(parts));
    let found = if parts.headers.contains_key(AUTHORIZATION) {
        let token = bearer_token(&parts.headers)?;
        caller_of_token(&context, token).await?
    } else if session_cookie(&parts.headers)?.is_some() {
        return session_caller(state, settings, parts).await;
    } else {
        return Err(Problem::english(Code::Unauthenticated, NO_CREDENTIAL));
    };
    let Some(caller) = found else {
        state.rate_limits.count_failure(address, now)?;
        return Err(Problem::english(Code::Unauthenticated, INVALID_TOKEN));
    };
    count_call(state, &caller)?;
    Ok(with_request(caller, parts, address))
}

/// The user behind the session cookie. A token in `Authorization` is not read.
///
/// # Errors
/// When the request has no valid session, exceeds a rate limit, or is a write that does not prove its origin.
pub(crate) async fn session_caller(
    state: &ControlState,
    settings: &LiveSettings,
    parts: &Parts,
) -> Result<Caller, Problem> {
    let (now, address) = (state.clock.steady(), client_address(parts, settings));
    // Inserted within this process only: no header becomes an extension.
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return Ok(with_request(caller.clone(), parts, address));
    }
    let Some(session) = session_cookie(&parts.headers)? else {
        return Err(Problem::english(Code::Unauthenticated, NO_SESSION));
    };
    csrf::require_same_origin(&parts.method, &parts.headers)?;
    let context = state.sign_in_context(settings, address, request_id(parts));
    let Some(caller) = caller_of_session(&context, session).await? else {
        state.rate_limits.count_failure(address, now)?;
        return Err(Problem::english(Code::Unauthenticated, INVALID_SESSION));
    };
    count_call(state, &caller)?;
    Ok(with_request(caller, parts, address))
}

fn count_call(state: &ControlState, caller: &Caller) -> Result<(), Problem> {
    let name = format!("{} {}", caller.actor.kind.as_str(), caller.actor.id);
    state.rate_limits.count_call(&name, state.clock.steady())
}

/// A cookie with a session, or one that deletes it. `SameSite=Lax`: a link from another site keeps the session, every
/// other request from there is without it.
pub(crate) fn session_cookie_header(value: &str, seconds: i64) -> Option<HeaderValue> {
    let cookie = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&cookie).ok()
}

/// The peer, or the client that a trusted proxy names; `None` for requests from within this process.
pub(crate) fn client_address(parts: &Parts, settings: &LiveSettings) -> Option<IpAddr> {
    let ConnectInfo(Peer(peer)) = parts.extensions.get::<ConnectInfo<Peer>>()?;
    let peer = peer.ip().to_canonical();
    if !is_trusted_proxy(peer, &settings.proxies) {
        return Some(peer);
    }
    let lines = parts.headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    Some(forwarded_for(lines, &settings.proxies).unwrap_or(peer).to_canonical())
}

pub(crate) fn request_id(parts: &Parts) -> Option<&str> {
    parts.extensions.get::<RequestId>().map(|id| id.0.as_str())
}

/// Name and value of each cookie. Those that are not text belong to other applications of the host, and are skipped.
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).filter_map(|pair| str::from_utf8(pair).ok());
    pairs.filter_map(|pair| pair.trim().split_once('='))
}

/// # Errors
/// When there are two session cookies: two parsers could read different ones.
pub(crate) fn session_cookie(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = cookies(headers).filter(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value);
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::new(Code::Malformed, Sentence::SessionCookies));
    }
    Ok(first)
}

pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    if values.next().is_some() {
        return Err(Problem::english(Code::Malformed, "the request has more than one Authorization header"));
    }
    let token = value.and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    token.filter(|token| !token.is_empty()).ok_or_else(|| Problem::english(Code::Unauthenticated, OTHER_SCHEME))
}

fn with_request(mut caller: Caller, parts: &Parts, address: Option<IpAddr>) -> Caller {
    caller.actor.request_id = request_id(parts).map(str::to_owned);
    caller.actor.address = address.map(|address| address.to_string()).or(caller.actor.address);
    caller
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn address_of(address: &str, proxies: &[&str], forwarded: &[&str]) -> String {
        let proxies = proxies.iter().map(|range| range.parse().unwrap()).collect();
        let settings = LiveSettings { proxies, ..LiveSettings::default() };
        let mut request = Request::builder();
        for line in forwarded {
            request = request.header("x-forwarded-for", *line);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        parts.extensions.insert(ConnectInfo(Peer(address.parse().unwrap())));
        client_address(&parts, &settings).unwrap().to_string()
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        let proxies = ["127.0.0.0/8", "10.1.0.0/16"];
        let chain = ["203.0.113.9, 198.51.100.7"];
        assert_eq!(address_of("10.1.2.3:1", &proxies, &chain), "198.51.100.7");
        assert_eq!(address_of("[::ffff:10.1.2.3]:1", &proxies, &chain), "198.51.100.7");
        assert_eq!(address_of("10.2.2.3:1", &proxies, &chain), "10.2.2.3");
        assert_eq!(address_of("127.0.0.1:1", &[], &chain), "127.0.0.1");
        assert_eq!(
            address_of("10.1.2.3:1", &proxies, &["198.51.100.7", "2001:db8::1"]),
            "2001:db8::1",
            "the last line"
        );
        let through_two = ["203.0.113.9, 198.51.100.7, 10.1.9.9"];
        assert_eq!(address_of("10.1.2.3:1", &proxies, &through_two), "198.51.100.7", "two trusted proxies");
    }

    #[test]
    fn an_unreadable_chain_names_the_proxy_itself() {
        for junk in ["", ",", "unknown", "198.51.100.7,", "198.51.100.700", "é", "for=198.51.100.7", "[::1"] {
            assert_eq!(address_of("10.1.2.3:1", &["10.0.0.0/8"], &[junk]), "10.1.2.3", "{junk:?}");
        }
    }

    #[test]
    fn cookies_that_are_not_text_hide_no_other() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_bytes(b"other=\xff; __Host-claviger=session; a=b").unwrap());
        assert_eq!(session_cookie(&headers).ok().flatten(), Some("session"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-claviger=another"));
        assert!(session_cookie(&headers).is_err());
    }
}
