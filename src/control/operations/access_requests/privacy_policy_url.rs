use http::Uri;

use crate::control::Sentence;

const MAX_LENGTH: usize = 2000;
/// Names that are never public (RFC 6761, RFC 6762, RFC 8375, and those that ICANN reserves for private use).
const PRIVATE: [&str; 9] =
    ["localhost", "local", "internal", "invalid", "test", "onion", "home.arpa", "lan", "intranet"];

/// What is wrong with the address of a privacy policy.
pub(super) fn privacy_policy_fault(text: &str) -> Option<Sentence> {
    if text.len() > MAX_LENGTH {
        return Some(Sentence::PolicyTooLong);
    }
    (!is_public(text)).then_some(Sentence::PolicyAddress)
}

/// Accepts only what every parser of URLs reads in the same way.
fn is_public(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    // `http` parses no fragment.
    let address = text.split('#').next().unwrap_or_default();
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    is_plain
        && matches!(scheme, "http" | "https")
        && !authority.as_str().contains('@')
        && is_public_name(authority.host())
}

/// A name of several labels whose last one begins with a letter, so that it is no IP address in any notation.
fn is_public_name(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let is_label = |label: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_private = |name: &&str| host.strip_suffix(*name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253
        && host.contains('.')
        && host.split('.').all(is_label)
        && last.starts_with(|letter: char| letter.is_ascii_lowercase())
        && !PRIVATE.iter().any(is_private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_accepted() {
        for fine in [
            "https://example.org/privacy",
            "http://example.org",
            "https://example.org:8443/a?b=c%20d#e",
            "HTTPS://Example.ORG/",
            "https://xn--bcher-kva.example/datenschutz",
        ] {
            assert_eq!(privacy_policy_fault(fine), None, "{fine}");
        }
    }

    #[test]
    fn an_address_that_is_not_public_or_ambiguous_is_refused() {
        let long = format!("https://example.org/{}", "x".repeat(2000));
        for odd in [
            "",
            "example.org",
            "/privacy",
            "//example.org/privacy",
            "javascript:alert(1)",
            "ftp://example.org/",
            "data:text/html,x",
            "https://",
            "https://user@example.org/",
            "https://example.org@evil.example/",
            "https:\\\\example.org",
            "https://example.org\\@evil.example",
            "https://exämple.org/",
            "https://example.org/a b",
            "https://example.org/\"onclick=",
            "https://localhost/",
            "https://a.localhost/",
            "https://printer.local/",
            "https://wiki.internal/",
            "https://router.home.arpa/",
            "https://intranet/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://10.0.0.0x1/",
            "https://[::1]/",
            "https://example.org./",
            "https://-a.example/",
            "https://a..example/",
            "https://example.org\n/",
            &long,
        ] {
            assert!(privacy_policy_fault(odd).is_some(), "{odd}");
        }
    }
}
