//! The address of a privacy policy, which people will follow.

use http::Uri;

const LONGEST: usize = 2000;
/// Names that are never public (RFC 6761, RFC 6762, RFC 8375, and what ICANN keeps for private use).
const PRIVATE: [&str; 9] =
    ["localhost", "local", "internal", "invalid", "test", "onion", "home.arpa", "lan", "intranet"];

/// What is wrong with it; to follow the name of its field.
pub(super) fn fault_of_policy_address(text: &str) -> Option<&'static str> {
    if text.len() > LONGEST {
        return Some("must not be longer than 2000 characters");
    }
    if is_public(text) {
        return None;
    }
    Some(
        "must be an address of a public site, such as https://example.org/privacy: http or https, a host with a name, \
         no user, and all but letters, digits and signs of ASCII encoded",
    )
}

/// Only what every program takes for the same address.
fn is_public(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    // What `http` would cut off stays in the text.
    let address = text.split('#').next().unwrap_or_default();
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    is_plain
        && matches!(scheme, "http" | "https")
        && !authority.as_str().contains('@')
        && is_public_name(authority.host())
}

/// A name of several labels, of which the last one is no number: so it is no address of a machine, in no spelling.
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
    fn an_address_that_everybody_can_follow_is_taken() {
        for fine in [
            "https://example.org/privacy",
            "http://example.org",
            "https://example.org:8443/a?b=c%20d#e",
            "HTTPS://Example.ORG/",
            "https://xn--bcher-kva.example/datenschutz",
        ] {
            assert_eq!(fault_of_policy_address(fine), None, "{fine}");
        }
    }

    #[test]
    fn what_leads_elsewhere_or_nowhere_is_not() {
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
            assert!(fault_of_policy_address(odd).is_some(), "{odd}");
        }
    }
}
