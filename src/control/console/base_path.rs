//! The path of `console.public_url`: a proxy in front may pass it on, or take it away.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::Request;
use axum::http::Uri;

use crate::control::web::state::LiveSettings;

/// The path of an address, without a slash at the end; empty where it has none.
pub(super) fn base_path(public_url: Option<&str>) -> &str {
    let rest = public_url.and_then(|url| url.split_once("://")).map_or("", |(_, rest)| rest);
    rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/'))
}

/// Takes the path of `console.public_url` from the front of the target, where it is there.
pub(in crate::control) fn strip(settings: &Arc<ArcSwap<LiveSettings>>, mut request: Request) -> Request {
    let settings = settings.load();
    let base = base_path(settings.public_url.as_deref());
    if !base.is_empty()
        && let Some(stripped) = stripped(request.uri(), base)
    {
        *request.uri_mut() = stripped;
    }
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
