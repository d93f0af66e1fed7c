//! Request targets that every parser reads the same way.

use super::{PathRules, Rejection};

/// Path and query of a request, byte for byte as they are forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// Begins with `/`.
    pub path: &'a str,
    /// After the first `?`.
    pub query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Parses a request target in origin form (RFC 9112, 3.2.1).
    ///
    /// # Errors
    /// [`Rejection::RequestAmbiguous`] for a target that a server could read in another way: absolute form, and a path
    /// that `rules` do not admit.
    pub fn parse(raw: &'a [u8], rules: PathRules) -> Result<Self, Rejection> {
        let text = std::str::from_utf8(raw)
            .map_err(|_| Rejection::RequestAmbiguous("The request target is not valid UTF-8."))?;
        if !text.starts_with('/') {
            return Err(Rejection::RequestAmbiguous("The request target must be a path that begins with /."));
        }
        if text.contains('#') {
            return Err(Rejection::RequestAmbiguous("The request target must not contain a fragment (#)."));
        }
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        match rules.ambiguity(path) {
            Some(detail) => Err(Rejection::RequestAmbiguous(detail)),
            None => Ok(Self { path, query }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: PathRules = PathRules { refuse_parameters: true, ..PathRules::PLAIN };

    fn is_ambiguous(raw: &[u8]) -> bool {
        matches!(Target::parse(raw, STRICT), Err(Rejection::RequestAmbiguous(_)))
    }

    #[test]
    fn plain_targets_pass_unchanged() {
        for path in ["/", "/v2/payments/7", "/a/b/", "/a%20b", "/%C3%A4", "/a:b@c", "/a.b/..c/c..", "/...", "/a,b=c"] {
            assert_eq!(Target::parse(path.as_bytes(), STRICT), Ok(Target { path, query: None }), "{path}");
        }
        assert_eq!(
            Target::parse(b"/a?b=//../%2e#".split(|byte| *byte == b'#').next().unwrap(), STRICT),
            Ok(Target { path: "/a", query: Some("b=//../%2e") })
        );
    }

    #[test]
    fn ambiguous_targets_are_refused() {
        let odd: [&[u8]; 27] = [
            b"",
            b"*",
            b"?q",
            b"foo:bar",
            b"http://host/a",
            b"a/b",
            b"//",
            b"/a//b",
            b"//a",
            b"/a//",
            b"/.",
            b"/..",
            b"/a/./b",
            b"/a/../b",
            b"/a/..",
            b"/a/..;x/b",
            b"/a/.;/b",
            b"/%2e%2e/a",
            b"/a%2Fb",
            b"/a%5cb",
            b"/a%00b",
            b"/a\\b",
            b"/a#b",
            b"/%76%31/a",
            b"/a%",
            b"/a;b",
            b"/\xff",
        ];
        for raw in odd {
            assert!(is_ambiguous(raw), "{}", String::from_utf8_lossy(raw));
        }
        for raw in
            [&b"/a b"[..], b"/a\tb", b"/a\x7fb", b"/a%3Bb", b"/a%3bb", b"/a%zzb", b"/..%3Fa", b"/a/.%23/b", b"/a/..%3f"]
        {
            assert!(is_ambiguous(raw), "{}", String::from_utf8_lossy(raw));
        }
        assert!(is_ambiguous(b"/a%252e"));
    }

    #[test]
    fn path_parameters_pass_where_no_rule_depends_on_the_path() {
        assert!(Target::parse(b"/a;b=c/d", PathRules::PLAIN).is_ok());
        assert!(Target::parse(b"/a/..;b/d", PathRules::PLAIN).is_err());
    }
}
