use proptest::prelude::*;

use super::*;
use crate::auth::{Rejection, Target};
use crate::credential::RoutePath;

const NONE: Spellings =
    Spellings { encoded_slash: false, empty_segment: false, encoded_percent: false, encoded_unreserved: false };
const ALL: Spellings =
    Spellings { encoded_slash: true, empty_segment: true, encoded_percent: true, encoded_unreserved: true };

fn exceptions(path: &str, allow: Spellings) -> [PathException; 1] {
    [PathException { path: path.parse().unwrap(), allow }]
}

fn version() -> PathTemplate {
    "/v{version}/".parse().unwrap()
}

fn admits(exceptions: &[PathException], target: &str) -> bool {
    let version = version();
    let rules = PathRules { refuse_parameters: true, version: Some(&version), exceptions };
    match Target::parse(target.as_bytes(), rules) {
        Ok(read) => {
            assert_eq!(read.path, target.split('?').next().unwrap());
            true
        }
        Err(Rejection::RequestAmbiguous(_)) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn each_spelling_is_admitted_below_its_prefix_only_and_only_where_it_is_named() {
    let cases = [
        (Spellings { encoded_slash: true, ..NONE }, &["%2F", "a%2fb", "a%2F"][..]),
        (Spellings { empty_segment: true, ..NONE }, &["/", "a//b", "a//", "//"]),
        (Spellings { encoded_percent: true, ..NONE }, &["%25", "100%25", "a%252Fb", "a%252e"]),
        (Spellings { encoded_unreserved: true, ..NONE }, &["%7E", "%41", "a%2db", "%5F", "%30"]),
    ];
    for (allow, names) in cases {
        for name in names {
            for prefix in ["", "/v2"] {
                let target = format!("{prefix}/api/queues/{name}?a=//%2F");
                assert!(admits(&exceptions("/api/queues", allow), &target), "{target}");
                assert!(admits(&exceptions("/api/queues", ALL), &target), "{target}");
                for other in cases.map(|(other, _)| other).into_iter().chain([NONE]).filter(|other| *other != allow) {
                    assert!(!admits(&exceptions("/api/queues", other), &target), "{target} with {other:?}");
                }
                assert!(!admits(&exceptions("/api/queue", ALL), &target), "{target} below another prefix");
                assert!(!admits(&[], &target), "{target} without an exception");
            }
        }
    }
}

#[test]
fn the_prefix_and_the_version_match_only_where_they_are_spelled_plainly() {
    let exceptions = exceptions("/api/queues", ALL);
    for target in [
        "/api/queues%2Fx",
        "/api//queues/x",
        "//api/queues/x",
        "/api/%71ueues/x",
        "/api%2Fqueues/%2F",
        "/API/queues/%2F",
        "/api/queuesx/%2F",
        "/x/api/queues/%2F",
        "/api/queues;a/%2F",
        "/./api/queues/%2F",
        "/x/../api/queues/%2F",
        "/v%32/api/queues/%2F",
        "/v2%2Fapi/queues/%2F",
        "//v2/api/queues/%2F",
        "/v2//api/queues/%2F",
        "/V2/api/queues/%2F",
        "/v2",
    ] {
        assert_eq!(admits(&exceptions, target), target == "/v2", "{target}");
    }
    for target in ["/api/queues", "/api/queues/", "/v2/api/queues//", "/api/queues/%2F"] {
        assert!(admits(&exceptions, target), "{target}");
    }
    // The / behind the version is not written.
    assert!(admits(&self::exceptions("/", ALL), "/v2") && !admits(&self::exceptions("/", ALL), "/v%32"));
}

#[test]
fn dot_segments_are_refused_in_every_spelling() {
    let dots = [
        "..",
        "%2e%2e",
        ".%2E",
        "%252e%252e",
        "%252E.",
        "%25%32e%252e",
        "%25%32%65.",
        ".",
        "%2e",
        "%252e",
        "%25252e%25252E",
        "%2525252e",
        "%252525252e%2e",
        "%25%32%35%32%65",
        "%2525%2532%2565",
    ];
    let before = ["", "a/", "a%2F", "a%252F", "a%255c", "/", "%2F", "%252f", "a%25252F"];
    let after =
        ["", "/b", "%2Fb", "%252Fb", "%255Cb", ";x=1", ";x/b", "%3Bx", "%253Bx", "%253B/b", "%3Fb", "%253fb", "%23b"];
    for before in before {
        for dots in dots {
            for after in after {
                let target = format!("/api/queues/{before}{dots}{after}");
                assert!(!admits(&exceptions("/api/queues", ALL), &target), "{target}");
                assert!(!admits(&exceptions("/", ALL), &target[11..]), "{}", &target[11..]);
            }
        }
    }
}

#[test]
fn what_no_spelling_names_stays_refused() {
    for name in [
        "%5C",
        "a\\b",
        "%2e",
        "a%2Eb",
        "a;b",
        "%3B",
        "%00",
        "%0d%0a",
        "%7f",
        "%",
        "%2",
        "%zz",
        "%2500",
        "%250a",
        "%257F",
        "a b",
        "%252500",
        "%2525250a",
    ] {
        assert!(!admits(&exceptions("/api/queues", ALL), &format!("/api/queues/{name}")), "{name}");
    }
    // Not a dot segment, and no dot in the first reading.
    assert!(admits(&exceptions("/api/queues", ALL), "/api/queues/a%252eb"));
    for name in ["...", "a..", "..a", "a%2F...", "a%252F..b"] {
        assert!(admits(&exceptions("/api/queues", ALL), &format!("/api/queues/{name}")), "{name}");
    }
}

fn decode_all(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut index = 0;
    while index < text.len() {
        let escape = (text[index] == b'%').then(|| decode(text, index)).flatten();
        decoded.push(escape.unwrap_or(text[index]));
        index += if escape.is_some() { 3 } else { 1 };
    }
    decoded
}

proptest! {
    /// Whatever the spelling, an admitted path stays below its prefix in every reading, and has the spellings of its
    /// entry only.
    #[test]
    fn no_reading_of_an_admitted_path_leaves_the_prefix(
        pieces in proptest::collection::vec(
            prop::sample::select(vec![
                "/", "//", "\\", ".", "..", "%", "%2F", "%2f", "%5C", "%2e", "%2E", "%25", "2e", "2F", "5c", "32", "%3B", ";",
                "%3F", "%23",
                "%7E", "%41", "a", "x=1", "%00", "00", "%20", "v2", "api", "queues",
            ]), 0..12),
        prefix in prop::sample::select(vec!["/api/queues", "/v2/api/queues", "/api", "", "/v2"]),
        flags in any::<[bool; 4]>(),
    ) {
        let [encoded_slash, empty_segment, encoded_percent, encoded_unreserved] = flags;
        let allow = Spellings { encoded_slash, empty_segment, encoded_percent, encoded_unreserved };
        let target = format!("{prefix}/{}", pieces.concat());
        let exceptions = exceptions("/api/queues", allow);
        let is_plain = admits(&[], &target);
        prop_assert!(!is_plain || admits(&exceptions, &target), "an exception refuses a plain path");
        if !admits(&exceptions, &target) || is_plain {
            return Ok(());
        }
        let path = target.split('?').next().unwrap_or_default();
        let below = path.strip_prefix("/v2").unwrap_or(path).strip_prefix("/api/queues").unwrap_or_default();
        prop_assert!(below.starts_with('/'), "not below the prefix");
        prop_assert!(encoded_slash || !path.to_ascii_lowercase().contains("%2f"));
        prop_assert!(empty_segment || !path.contains("//"));
        prop_assert!(encoded_percent || !path.contains("%25"));
        prop_assert!(encoded_unreserved || !(path.contains("%7E") || path.contains("%41")));
        let mut reading = below.as_bytes().to_vec();
        loop {
            for segment in reading.split(|byte| matches!(byte, b'/' | b'\\')) {
                let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
                prop_assert!(!matches!(name, b"." | b".."), "{path} has a dot segment");
            }
            prop_assert!(!reading.iter().any(u8::is_ascii_control));
            let next = decode_all(&reading);
            if next == reading {
                break;
            }
            reading = next;
        }
    }

    /// Decoding in one pass equals decoding again and again.
    #[test]
    fn bytes_are_decoded_until_nothing_changes(
        bytes in proptest::collection::vec(prop_oneof![prop::sample::select(b"%%%25ef0".to_vec()), any::<u8>()], 0..60),
    ) {
        let mut reading: Vec<u8> = decoded(&bytes).collect();
        prop_assert_eq!(&reading, &decode_all(&bytes));
        while decode_all(&reading) != reading {
            reading = decode_all(&reading);
        }
        prop_assert_eq!(fully_decoded(&bytes).collect::<Vec<_>>(), reading);
    }

    /// Junk is refused or read, without a panic.
    #[test]
    fn junk_has_one_reading_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..60), root in any::<bool>()) {
        let version = version();
        let exceptions = exceptions(if root { "/" } else { "/a" }, ALL);
        let rules = PathRules { refuse_parameters: false, version: Some(&version), exceptions: &exceptions };
        let raw = [&b"/a/"[..], &bytes].concat();
        if let Ok(target) = Target::parse(&raw, rules) {
            prop_assert_eq!(target.path.len() + target.query.map_or(0, |query| query.len() + 1), raw.len());
        }
    }
}

#[test]
fn a_path_is_refused_for_what_it_is() {
    let exceptions = exceptions("/q", ALL);
    let rules = PathRules { exceptions: &exceptions, ..PathRules::PLAIN };
    assert_eq!(rules.ambiguity("/q/a%2F%252e%252e"), Some(HIDDEN_DOT_SEGMENT));
    assert_eq!(rules.ambiguity("/q/..;a"), Some(DOT_SEGMENT));
    assert_eq!(rules.ambiguity("/q/%250a"), Some(HIDDEN_CONTROL));
    assert_eq!(rules.ambiguity("/q/a;b/c"), None);
    assert_eq!("/q".parse::<RoutePath>().unwrap().rest("/q/a%2F"), Some("/a%2F"));
}
