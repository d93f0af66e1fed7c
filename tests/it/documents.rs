//! README, examples and schemas match the program.

use std::collections::BTreeSet;
use std::path::Path;

use claviger::auth::{REJECTION_CODES, Rejection};
use claviger::config::raw;
use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_code_has_the_heading_that_problem_documents_link_to() {
    let readme = read("README.md");
    for code in REJECTION_CODES {
        assert!(readme.contains(&format!("\n### {code}\n")), "README.md lacks a heading for {code}");
    }
}

/// All of them; a new one is missed by the count below.
const REJECTIONS: [Rejection; 21] = [
    Rejection::CredentialMissing,
    Rejection::CredentialMalformed("why"),
    Rejection::CredentialInvalid,
    Rejection::CredentialDisabled,
    Rejection::CredentialExpired,
    Rejection::AccessOff,
    Rejection::VersionUnstated,
    Rejection::VersionUnknown,
    Rejection::VersionNotAllowed,
    Rejection::VersionRetired,
    Rejection::ScopeInsufficient,
    Rejection::AddressNotAllowed,
    Rejection::RequestAmbiguous("why"),
    Rejection::DirectoryUnavailable,
    Rejection::UpstreamUnreachable,
    Rejection::UpstreamTimeout,
    Rejection::HeadersTooLarge,
    Rejection::BodyTooLarge,
    Rejection::BodyTooSlow,
    Rejection::RateLimited(7),
    Rejection::GuessesThrottled(8),
];

#[test]
fn every_rejection_has_the_status_and_the_title_of_its_heading() {
    let (readme, mut titles) = (read("README.md"), BTreeSet::new());
    for (index, rejection) in REJECTIONS.into_iter().enumerate() {
        let code = rejection.code();
        assert_eq!((rejection.index(), code), (index, REJECTION_CODES[index]));
        let section = readme.split(&format!("\n### {code}\n")).nth(1).unwrap_or_default().trim_start();
        let status = rejection.status().as_u16();
        assert!(section.starts_with(&format!("**{status}")), "{code} is {status}, and not in README.md");
        assert!(titles.insert(rejection.title()), "two are called {}", rejection.title());
        assert_eq!(rejection.detail() == "why", ["credential_malformed", "request_ambiguous"].contains(&code));
        assert!(rejection.detail() == "why" || rejection.detail().ends_with('.'));
        let says_when = section.lines().next().unwrap_or_default().contains("`Retry-After`");
        assert_eq!(rejection.retry_after().is_some(), says_when, "{code}");
        let ends = ["headers_too_large", "body_too_large", "body_too_slow"].contains(&code);
        assert_eq!(rejection.ends_connection(), ends, "{code}");
    }
    let [.., unavailable, _, _, _, _, _, limited, throttled] = REJECTIONS;
    assert_eq!([unavailable, limited, throttled].map(Rejection::retry_after), [Some(1), Some(7), Some(8)]);
}

#[test]
fn every_setting_is_in_the_readme_and_in_the_example() {
    let (readme, example) = (read("README.md"), read("config/claviger.yaml"));
    let mut keys = Vec::new();
    leaves(&defaults(), "", &mut keys);
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        let last = key.rsplit('.').next().unwrap_or_default();
        let named = readme.contains(&format!("| `{key}`")) || readme.contains(&format!(", `.{last}`"));
        // A section without a default, such as proxy.tls, is there with its own keys.
        let section = readme.contains(&format!("| `{key}."));
        assert!(named || section, "README.md lacks {key}");
        assert!(example.contains(&format!("{last}:")), "config/claviger.yaml lacks {key}");
    }
}

/// The defaults of a gate.
fn defaults() -> Value {
    let file = raw::File { proxy: Some(raw::Proxy::default()), ..raw::File::default() };
    serde_json::to_value(file).unwrap()
}

/// The dotted paths of all values that are not mappings.
fn leaves(value: &Value, path: &str, keys: &mut Vec<String>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (name, value) in entries {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &path, keys);
            }
        }
        _ => keys.push(path.to_owned()),
    }
}

#[test]
fn every_limit_is_in_the_table_of_limits_with_its_default() {
    let readme = read("README.md");
    let table = readme.split("\n### Limits\n").nth(1).unwrap().split("\n### ").next().unwrap();
    let written = defaults();
    let mut keys = Vec::new();
    leaves(&written, "", &mut keys);
    let is_limit = |key: &&String| {
        let sections = ["limits.", "proxy.timeouts.", "throttle.", "passwords.", "rate_limit", "proxy.threads"];
        sections.iter().any(|section| key.starts_with(section)) && key.as_str() != "throttle.enabled"
    };
    let limits: Vec<_> = keys.iter().filter(is_limit).collect();
    assert!(limits.len() > 20, "{limits:?}");
    for key in limits {
        let row = table.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{key}`")));
        let row = row.unwrap_or_else(|| panic!("the table of limits lacks {key}"));
        let default = written.pointer(&format!("/{}", key.replace('.', "/"))).unwrap();
        let text = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        assert!(default.is_null() || row.contains(&format!("`{text}`")), "{key} is {text}: {row}");
    }
}
