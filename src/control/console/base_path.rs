//! The path of `console.public_url`: a proxy in front may pass it on, or take it away.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::header::COOKIE;

use crate::control::look::ASSETS;
use crate::control::web::state::LiveSettings;

/// The tickets of links follow.
pub(super) const REVEAL_PAGE: &str = "/reveal";

/// In the extensions of requests for the page of a link to a secret: where a browser finds it.
#[derive(Clone)]
pub(super) struct RevealSite(pub(super) Option<String>);

/// The path of an address, without a slash at the end; empty where it has none.
pub(super) fn base_path(public_url: Option<&str>) -> &str {
    let rest = public_url.and_then(|url| url.split_once("://")).map_or("", |(_, rest)| rest);
    rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/'))
}

/// Takes the path of `console.public_url` from the front of the target, where it is there. A request for the page of a
/// link to a secret is a stranger's, on the console too.
pub(in crate::control) fn strip(settings: &Arc<ArcSwap<LiveSettings>>, request: Request) -> Request {
    let settings = settings.load();
    let mut request = strip_path(request, base_path(settings.public_url.as_deref()));
    let reveal_url = settings.delivery.reveal_url.as_deref();
    if let Some(stripped) = stripped(request.uri(), base_path(reveal_url))
        && (is_reveal(stripped.path()) || stripped.path().starts_with(ASSETS))
    {
        *request.uri_mut() = stripped;
    }
    if is_reveal(request.uri().path()) { of_stranger(request, &settings) } else { request }
}

/// The same on the listener of that page.
pub(in crate::control) fn strip_for_reveal(settings: &Arc<ArcSwap<LiveSettings>>, request: Request) -> Request {
    let settings = settings.load();
    let reveal_url = settings.delivery.reveal_url.as_deref().or(settings.public_url.as_deref());
    of_stranger(strip_path(request, base_path(reveal_url)), &settings)
}

fn strip_path(mut request: Request, base: &str) -> Request {
    if !base.is_empty()
        && let Some(stripped) = stripped(request.uri(), base)
    {
        *request.uri_mut() = stripped;
    }
    request
}

fn is_reveal(path: &str) -> bool {
    path.strip_prefix(REVEAL_PAGE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Without cookies: a session of this browser must neither matter nor show.
fn of_stranger(mut request: Request, settings: &LiveSettings) -> Request {
    let url = settings.delivery.reveal_url.clone().or_else(|| settings.public_url.clone());
    request.extensions_mut().insert(RevealSite(url));
    request.headers_mut().remove(COOKIE);
    request
}

fn stripped(uri: &Uri, base: &str) -> Option<Uri> {
    let target = uri.path_and_query()?.as_str().strip_prefix(base)?;
    let target = match target.chars().next() {
        Some('/') => target.to_owned(),
        None | Some('?') => format!("/{target}"),
        Some(_) => return None,
    };
    target.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_is_that_of_the_public_address() {
        for (url, base) in [
            ("https://keys.example.org", ""),
            ("https://keys.example.org/", ""),
            ("https://example.org/keys", "/keys"),
            ("https://example.org/a/b/", "/a/b"),
        ] {
            assert_eq!(base_path(Some(url)), base);
        }
        assert_eq!(base_path(None), "");
    }

    #[test]
    fn whole_segments_are_taken_away() {
        let strip = |target: &str| stripped(&target.parse().unwrap(), "/keys").map(|uri| uri.to_string());
        assert_eq!(strip("/keys/users?a=/keys").as_deref(), Some("/users?a=/keys"));
        assert_eq!(strip("/keys").as_deref(), Some("/"));
        assert_eq!(strip("/keys?x").as_deref(), Some("/?x"));
        assert_eq!(strip("/keystone"), None);
        assert_eq!(strip("/users"), None);
    }
}
