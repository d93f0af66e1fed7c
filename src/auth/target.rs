//! What a request asks for: a path that has exactly one reading.

use super::Rejection;

/// The path and query of a request, as they came and as they will be forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// Begins with `/`; no reading of it differs from its bytes.
    pub path: &'a str,
    /// After the first `?`.
    pub query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Takes a request target in origin form (RFC 9112, 3.2.1). Where `rules_by_path` is set, path
    /// parameters (`;x=1`) are refused as well, because some servers drop them before they route.
    ///
    /// # Errors
    /// [`Rejection::RequestAmbiguous`] for everything that a server behind could read otherwise:
    /// absolute form, dot segments, empty segments, encoded letters, slashes, dots and controls.
    pub fn parse(raw: &'a [u8], rules_by_path: bool) -> Result<Self, Rejection> {
        let text = std::str::from_utf8(raw)
            .map_err(|_| Rejection::RequestAmbiguous("The request target is not valid UTF-8."))?;
        if !text.starts_with('/') {
            return Err(Rejection::RequestAmbiguous("The request target must be a path that begins with /."));
        }
        if text.contains('#') {
            return Err(Rejection::RequestAmbiguous("The request target must not hold a fragment (#)."));
        }
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        match flaw(path, rules_by_path) {
            Some(detail) => Err(Rejection::RequestAmbiguous(detail)),
            None => Ok(Self { path, query }),
        }
    }
}

fn flaw(path: &str, rules_by_path: bool) -> Option<&'static str> {
    let bytes = path.as_bytes();
    let mut segment = 0;
    for (index, &byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            b'/' => {
                if index == segment + 1 {
                    return Some("The path holds an empty segment (//).");
                }
                if is_dots(&bytes[segment + 1..index]) {
                    return Some("The path holds a dot segment (. or ..).");
                }
                segment = index;
            }
            b'%' => {
                let Some(decoded) = decode(bytes, index) else {
                    return Some("The path holds a percent sign that starts no escape.");
                };
                if let Some(detail) = escape_flaw(decoded) {
                    return Some(detail);
                }
            }
            b'\\' => return Some("The path holds a backslash."),
            b';' if rules_by_path => return Some("The path holds a path parameter (;)."),
            0..=0x20 | 0x7f => return Some("The path holds a control character or space."),
            _ => {}
        }
    }
    is_dots(&bytes[segment + 1..]).then_some("The path holds a dot segment (. or ..).")
}

/// Dot segments, also before a path parameter, which some servers drop first.
fn is_dots(segment: &[u8]) -> bool {
    let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
    matches!(name, b"." | b"..")
}

fn escape_flaw(decoded: u8) -> Option<&'static str> {
    match decoded {
        b'/' | b'\\' => Some("The path holds an encoded slash."),
        0..=0x1f | 0x7f => Some("The path holds an encoded control character."),
        // RFC 3986, 2.3: these mean the same encoded or not, and servers decode them before they route.
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => Some(
            "The path holds an encoded letter, digit, dot, hyphen, underscore or tilde, which must stand as itself.",
        ),
        b'%' => Some("The path holds an encoded percent sign."),
        b';' => Some("The path holds an encoded path parameter (%3B)."),
        _ => None,
    }
}

/// The byte behind an escape that starts at `index`.
fn decode(bytes: &[u8], index: usize) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    Some((digit(index + 1)? * 16 + digit(index + 2)?) as u8)
}

/// A query without the parameters of one name, however that is spelled.
#[derive(Debug, PartialEq, Eq)]
pub struct StrippedQuery {
    /// The value of the first of them.
    pub value: Vec<u8>,
    /// Whether there were others.
    pub is_repeated: bool,
    /// What is left, byte for byte and in order.
    pub rest: String,
}

impl StrippedQuery {
    /// `None` when there is nothing to strip.
    pub fn of(query: &str, name: &str) -> Option<Self> {
        let is_it = |pair: &&str| unescape(pair.split('=').next().unwrap_or_default()) == name.as_bytes();
        let (found, left): (Vec<&str>, Vec<&str>) = query.split('&').partition(is_it);
        let first = found.first()?;
        let value = unescape(first.split_once('=').map_or("", |(_, value)| value));
        Some(Self { value, is_repeated: found.len() > 1, rest: left.join("&") })
    }
}

/// Form decoding (WHATWG URL, application/x-www-form-urlencoded).
fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let (byte, step) = match bytes[index] {
            b'%' => decode(bytes, index).map_or((b'%', 1), |byte| (byte, 3)),
            b'+' => (b' ', 1),
            byte => (byte, 1),
        };
        decoded.push(byte);
        index += step;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ambiguous(raw: &[u8]) -> bool {
        matches!(Target::parse(raw, true), Err(Rejection::RequestAmbiguous(_)))
    }

    #[test]
    fn plain_targets_pass_as_they_are() {
        for path in ["/", "/v2/payments/7", "/a/b/", "/a%20b", "/%C3%A4", "/a:b@c", "/a.b/..c/c..", "/...", "/a,b=c"] {
            assert_eq!(Target::parse(path.as_bytes(), true), Ok(Target { path, query: None }), "{path}");
        }
        assert_eq!(
            Target::parse(b"/a?b=//../%2e#".split(|byte| *byte == b'#').next().unwrap(), true),
            Ok(Target { path: "/a", query: Some("b=//../%2e") })
        );
    }

    #[test]
    fn targets_with_two_readings_are_refused() {
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
        for raw in [&b"/a b"[..], b"/a\tb", b"/a\x7fb", b"/a%3Bb", b"/a%3bb", b"/a%zzb"] {
            assert!(is_ambiguous(raw), "{}", String::from_utf8_lossy(raw));
        }
        assert!(is_ambiguous(b"/a%252e"));
    }

    #[test]
    fn path_parameters_pass_where_no_rule_looks_at_the_path() {
        assert!(Target::parse(b"/a;b=c/d", false).is_ok());
        assert!(Target::parse(b"/a/..;b/d", false).is_err());
    }

    #[test]
    fn a_query_parameter_is_found_in_every_spelling_and_taken_out() {
        let strip = |query| {
            let stripped = StrippedQuery::of(query, "api_key")?;
            Some((String::from_utf8(stripped.value).unwrap(), stripped.rest, stripped.is_repeated))
        };
        assert_eq!(strip("a=1&b=2"), None);
        assert_eq!(strip("a=1&api_key=x&b=2"), Some(("x".into(), "a=1&b=2".into(), false)));
        assert_eq!(strip("api%5Fkey=%41%2b"), Some(("A+".into(), String::new(), false)));
        assert_eq!(strip("api_key"), Some((String::new(), String::new(), false)));
        assert_eq!(strip("api_key=x&b&%61pi_key=y"), Some(("x".into(), "b".into(), true)));
    }
}
