//! Scopes: rights by method and path.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use http::Method;

use super::Label;

/// A path prefix of whole segments: `/payments` covers `/payments` and `/payments/7`, not `/paymentsx`. Compared byte
/// for byte; ambiguous request paths are refused before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutePath(Box<str>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoutePathError {
    #[error("must begin with /")]
    Relative,
    #[error("must be plain segments, without //, dot segments, *, ?, #, ; or percent signs")]
    NotPlain,
}

impl FromStr for RoutePath {
    type Err = RoutePathError;

    fn from_str(text: &str) -> Result<Self, RoutePathError> {
        let inner = text.strip_prefix('/').ok_or(RoutePathError::Relative)?;
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let plain = |segment: &str| {
            !matches!(segment, "" | "." | "..")
                && segment.bytes().all(|byte| byte.is_ascii_graphic() && !b"*?#;%\\{}".contains(&byte))
        };
        if !inner.is_empty() && !inner.split('/').all(plain) {
            return Err(RoutePathError::NotPlain);
        }
        Ok(Self(inner.into()))
    }
}

impl fmt::Display for RoutePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.0)
    }
}

impl RoutePath {
    pub(super) fn covers(&self, path: &str) -> bool {
        self.rest(path).is_some()
    }

    /// What follows the prefix: empty, or from `/` on. `None` for a path that it does not cover.
    pub fn rest<'p>(&self, path: &'p str) -> Option<&'p str> {
        let inner = path.strip_prefix('/')?;
        if self.0.is_empty() {
            return Some(path);
        }
        let rest = inner.strip_prefix(&*self.0)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }

    /// True for a path with further segments behind all of `other`.
    pub fn is_below(&self, other: &Self) -> bool {
        match self.0.strip_prefix(&*other.0) {
            Some(rest) if other.0.is_empty() => !rest.is_empty(),
            Some(rest) => rest.starts_with('/'),
            None => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRule {
    /// Empty covers every method. `GET` includes `HEAD` (RFC 9110, 9.3.2).
    pub methods: Box<[Method]>,
    /// The path after the version.
    pub path: RoutePath,
}

impl RouteRule {
    pub fn covers(&self, method: &Method, path: &str) -> bool {
        let named = |wanted: &Method| wanted == method || (wanted == Method::GET && method == Method::HEAD);
        (self.methods.is_empty() || self.methods.iter().any(named)) && self.path.covers(path)
    }
}

/// A route that needs no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicRoute {
    pub rule: RouteRule,
    pub credential: PublicCredential,
}

/// What a public route does with a presented credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicCredential {
    Ignored,
    /// It must be valid, and names its caller to the API. Scopes do not apply.
    Optional,
}

/// The scopes of the settings and the routes that each permits.
#[derive(Debug, Clone, Default)]
pub struct ScopeCatalog(Vec<(Label, Box<[RouteRule]>)>);

impl ScopeCatalog {
    /// The caller guarantees unique names.
    pub fn new(scopes: Vec<(Label, Box<[RouteRule]>)>) -> Self {
        Self(scopes)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known.as_str() == name)
    }

    /// In the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Names and routes, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&Label, &[RouteRule])> {
        self.0.iter().map(|(name, rules)| (name, &**rules))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when one of the held scopes covers the request. A scope that is not in the catalog permits nothing.
    pub fn permit(&self, held: &ScopeSet, method: &Method, path: &str) -> bool {
        let permits = |(name, rules): &(Label, Box<[RouteRule]>)| {
            held.names.contains(name) && rules.iter().any(|rule| rule.covers(method, path))
        };
        self.0.iter().any(permits)
    }
}

/// The scopes that a credential holds; shared by credentials with the same scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeSet {
    names: Box<[Label]>,
    joined: Bytes,
}

impl ScopeSet {
    pub fn new(names: Vec<Label>) -> Self {
        let joined = names.iter().map(Label::as_str).collect::<Vec<_>>().join(" ");
        Self { names: names.into(), joined: Bytes::from(joined.into_bytes().into_boxed_slice()) }
    }

    /// In the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(Label::as_str)
    }

    /// Space-separated. Cloned without a copy.
    pub fn joined(&self) -> Bytes {
        self.joined.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(methods: &[Method], path: &str) -> RouteRule {
        RouteRule { methods: methods.into(), path: path.parse().unwrap() }
    }

    #[test]
    fn a_path_is_covered_by_whole_segments() {
        let payments = rule(&[], "/payments");
        assert!(payments.covers(&Method::GET, "/payments"));
        assert!(payments.covers(&Method::GET, "/payments/"));
        assert!(payments.covers(&Method::GET, "/payments/7"));
        assert!(!payments.covers(&Method::GET, "/paymentsx"));
        assert!(!payments.covers(&Method::GET, "/Payments"));
        assert!(!payments.covers(&Method::GET, "/"));
        assert!(rule(&[], "/").covers(&Method::GET, "/anything"));
        assert!(rule(&[], "/a/b/").covers(&Method::GET, "/a/b/c"));
    }

    #[test]
    fn a_path_is_below_its_proper_prefixes_by_whole_segments() {
        let path = |text: &str| text.parse::<RoutePath>().unwrap();
        for (below, above) in [("/a", "/"), ("/a/b", "/a"), ("/a/b/c", "/a/b/"), ("/a/b", "/")] {
            assert!(path(below).is_below(&path(above)) && !path(above).is_below(&path(below)), "{below} {above}");
        }
        for (one, other) in [("/", "/"), ("/a", "/a/"), ("/ab", "/a"), ("/b/a", "/a"), ("/A/b", "/a")] {
            assert!(!path(one).is_below(&path(other)), "{one} {other}");
        }
        let rest = |prefix: &str, text| path(prefix).rest(text);
        assert_eq!((rest("/a", "/a"), rest("/a", "/a/b"), rest("/a", "/ab")), (Some(""), Some("/b"), None));
        assert_eq!((rest("/", "/a"), rest("/", "/"), rest("/", "a")), (Some("/a"), Some("/"), None));
    }

    #[test]
    fn get_includes_head_and_nothing_else() {
        let read = rule(&[Method::GET], "/data");
        assert!(read.covers(&Method::HEAD, "/data"));
        assert!(!read.covers(&Method::POST, "/data"));
        assert!(!read.covers(&Method::OPTIONS, "/data"));
    }

    #[test]
    fn paths_that_no_request_could_match_are_refused() {
        assert_eq!("payments".parse::<RoutePath>(), Err(RoutePathError::Relative));
        for odd in ["/a//b", "/a/../b", "/a/*", "/a?b", "/a%20b", "/a;b", "/ä"] {
            assert_eq!(odd.parse::<RoutePath>(), Err(RoutePathError::NotPlain), "{odd}");
        }
    }

    #[test]
    fn a_scope_permits_its_routes_and_an_unknown_scope_nothing() {
        let label = |text: &str| text.parse::<Label>().unwrap();
        let write = vec![rule(&[Method::POST], "/payments")].into_boxed_slice();
        let catalog = ScopeCatalog::new(vec![(label("payments:write"), write)]);
        let held = ScopeSet::new(vec![label("payments:write"), label("gone")]);
        assert!(catalog.permit(&held, &Method::POST, "/payments/1"));
        assert!(!catalog.permit(&held, &Method::GET, "/payments/1"));
        assert!(!catalog.permit(&ScopeSet::new(vec![label("gone")]), &Method::POST, "/payments"));
        assert!(!catalog.permit(&ScopeSet::new(vec![]), &Method::POST, "/payments"));
        assert_eq!(held.joined(), "payments:write gone");
    }

    #[test]
    fn catalogs_and_sets_keep_the_order_of_the_file() {
        let label = |text: &str| text.parse::<Label>().unwrap();
        let catalog = ScopeCatalog::new(["b", "a"].map(|name| (label(name), Box::default())).into());
        assert_eq!(catalog.names().collect::<Vec<_>>(), ["b", "a"]);
        assert!(catalog.contains("a") && catalog.contains("b") && !catalog.contains("c"));
        assert!(!catalog.is_empty() && ScopeCatalog::default().is_empty());
        assert!(!ScopeCatalog::default().contains("a"));
        assert_eq!(ScopeSet::new(vec![label("b"), label("a")]).names().collect::<Vec<_>>(), ["b", "a"]);
    }
}
