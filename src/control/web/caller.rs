//! Who asks: somebody within this process, a script with an operator token, or a browser with a session.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderMap};
use axum::http::request::Parts;

use super::csrf;
use super::middleware::RequestId;
use super::state::{ControlState, LiveSettings};
use crate::control::api::problem::{Code, Problem};
use crate::control::operations::{Caller, caller_of_session, caller_of_token};

/// Holds the session; its prefix makes browsers take it over TLS only, from this host only, for all its paths.
pub const COOKIE_NAME: &str = "__Host-claviger";

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Who asks, by what came with the request.
///
/// # Errors
/// When it is nobody that is known, somebody who asks too often, or a page of another site.
pub(in crate::control) async fn resolve(
    state: &ControlState,
    in_force: &LiveSettings,
    parts: &Parts,
) -> Result<Caller, Problem> {
    let steady = state.0.clock.steady();
    let from = peer(parts, in_force);
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return Ok(known(caller.clone(), parts, from));
    }
    let doorstep = state.doorstep(in_force, from, request_id(parts));
    let found = if parts.headers.contains_key(AUTHORIZATION) {
        let token = bearer(&parts.headers)?;
        caller_of_token(&doorstep, token).await?
    } else if let Some(session) = session(&parts.headers)? {
        csrf::demand(&parts.method, &parts.headers)?;
        caller_of_session(&doorstep, session).await?
    } else {
        return Err(Problem::new(Code::Unauthenticated, "sign in, or send an operator token"));
    };
    let Some(caller) = found else {
        state.0.pace.stranger(from, steady)?;
        return Err(Problem::new(Code::Unauthenticated, "this token or session is not valid, or not any more"));
    };
    state.0.pace.call(&format!("{} {}", caller.actor.kind.as_str(), caller.actor.id), steady)?;
    Ok(known(caller, parts, from))
}

/// Where the request comes from; `None` within this process.
pub(in crate::control) fn peer(parts: &Parts, in_force: &LiveSettings) -> Option<IpAddr> {
    let ConnectInfo(Peer(address)) = parts.extensions.get::<ConnectInfo<Peer>>()?;
    let address = address.ip().to_canonical();
    let is_proxy = in_force.proxies.iter().any(|range| range.contains(&address));
    let forwarded = if is_proxy { forwarded(&parts.headers) } else { None };
    Some(forwarded.unwrap_or(address).to_canonical())
}

/// Whom the proxy in front has seen: what stands before that, anybody may have written.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let line = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = line.rsplit(',').next()?.trim();
    last.parse().ok().or_else(|| last.parse().ok().map(|address: SocketAddr| address.ip()))
}

/// What this request is called.
pub(in crate::control) fn request_id(parts: &Parts) -> Option<&str> {
    parts.extensions.get::<RequestId>().map(|id| id.0.as_str())
}

/// The value of the session's cookie. Two of them would be read differently by others.
///
/// # Errors
/// When there are two.
pub(in crate::control) fn session(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value);
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::new(Code::Malformed, "there are two cookies of the same session"));
    }
    Ok(first)
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    if values.next().is_some() {
        return Err(Problem::new(Code::Malformed, "there are two Authorization fields"));
    }
    let token = value.and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    token
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Problem::new(Code::Unauthenticated, "Authorization must be: Bearer, then an operator token"))
}

fn known(mut caller: Caller, parts: &Parts, from: Option<IpAddr>) -> Caller {
    caller.actor.request_id = request_id(parts).map(str::to_owned);
    caller.actor.address = from.map(|address| address.to_string()).or(caller.actor.address);
    caller
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn seen(address: &str, proxies: &[&str], forwarded: &[&str]) -> String {
        let proxies = proxies.iter().map(|range| range.parse().unwrap()).collect();
        let in_force = LiveSettings { proxies, ..LiveSettings::default() };
        let mut request = Request::builder();
        for line in forwarded {
            request = request.header("x-forwarded-for", *line);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        parts.extensions.insert(ConnectInfo(Peer(address.parse().unwrap())));
        peer(&parts, &in_force).unwrap().to_string()
    }

    #[test]
    fn who_callers_are_is_believed_of_listed_proxies_only() {
        let proxies = ["127.0.0.0/8", "10.1.0.0/16"];
        let told = ["203.0.113.9, 198.51.100.7"];
        assert_eq!(seen("10.1.2.3:1", &proxies, &told), "198.51.100.7");
        assert_eq!(seen("[::ffff:10.1.2.3]:1", &proxies, &told), "198.51.100.7");
        assert_eq!(seen("10.2.2.3:1", &proxies, &told), "10.2.2.3");
        assert_eq!(seen("127.0.0.1:1", &[], &told), "127.0.0.1");
        assert_eq!(seen("10.1.2.3:1", &proxies, &["198.51.100.7", "2001:db8::1"]), "2001:db8::1", "the last line");
    }

    #[test]
    fn what_a_proxy_says_and_nobody_can_read_is_not_believed() {
        for junk in ["", ",", "unknown", "198.51.100.7,", "198.51.100.700", "é", "for=198.51.100.7", "[::1"] {
            assert_eq!(seen("10.1.2.3:1", &["10.0.0.0/8"], &[junk]), "10.1.2.3", "{junk:?}");
        }
    }
}
