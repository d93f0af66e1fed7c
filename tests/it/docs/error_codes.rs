//! docs/reference/error-codes.md has every code of the gate and of the management API, with its status.

use std::collections::BTreeSet;
use std::time::Duration;

use claviger::auth::{REJECTION_CODES, Rejection};
use claviger::control::Code;

use super::keep_current;
use crate::support::book::page;

const PAGE: &str = "docs/reference/error-codes.md";

/// All of them, in their order; the array has the length of the codes.
const REJECTIONS: [Rejection; REJECTION_CODES.len()] = [
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
    Rejection::Overloaded,
    Rejection::UpstreamUnreachable,
    Rejection::UpstreamTimeout,
    Rejection::HeadersTooLarge,
    Rejection::BodyTooLarge,
    Rejection::BodyTooSlow,
    Rejection::RateLimited(Duration::from_secs(7)),
    Rejection::GuessesThrottled(Duration::from_secs(8)),
    Rejection::UpgradeNotAllowed,
    Rejection::ProxyNotTrusted,
    Rejection::OriginNotAllowed,
];

/// The text under the heading of a code, up to the next heading.
fn section(page: &str, code: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("\n### {code}\n")).unwrap_or_else(|| panic!("{PAGE} has no heading for {code}"));
    rest.split("\n#").next().unwrap().trim().to_owned()
}

#[test]
fn the_tables_of_codes_are_those_of_the_program() {
    let mut gate = "| code | status | title | detail |\n|---|---|---|---|\n".to_owned();
    for rejection in REJECTIONS {
        let (code, status, title) = (rejection.code(), rejection.status().as_u16(), rejection.title());
        let detail = if rejection.detail() == "why" { "the reason" } else { rejection.detail() };
        gate.push_str(&format!("| [`{code}`](#{code}) | {status} | {title} | {detail} |\n"));
    }
    let mut management = "| code | status | title |\n|---|---|---|\n".to_owned();
    for &code in Code::ALL {
        let (word, status, title) = (code.as_str(), code.status().as_u16(), code.title());
        management.push_str(&format!("| [`{word}`](#{word}) | {status} | {title} |\n"));
    }
    keep_current(PAGE, "gate", &gate);
    keep_current(PAGE, "management", &management);
}

#[test]
fn every_rejection_has_a_heading_with_its_status_and_whether_to_retry() {
    let (text, mut titles) = (page(PAGE), BTreeSet::new());
    for (index, rejection) in REJECTIONS.into_iter().enumerate() {
        let code = rejection.code();
        assert_eq!((rejection.index(), code), (index, REJECTION_CODES[index]));
        let section = section(&text, code);
        let status = rejection.status().as_u16();
        assert!(section.starts_with(&format!("**{status}")), "{code} is {status}, and not in {PAGE}");
        for reader in ["\n- **Caller:** ", "\n- **Operator:** "] {
            assert!(section.contains(reader), "{code} has no line{reader}");
        }
        assert!(titles.insert(rejection.title()), "two are called {}", rejection.title());
        assert_eq!(rejection.detail() == "why", ["credential_malformed", "request_ambiguous"].contains(&code));
        assert!(rejection.detail() == "why" || rejection.detail().ends_with('.'));
        let says_when = section.lines().next().unwrap_or_default().contains("`Retry-After`");
        assert_eq!(rejection.retry_after().is_some(), says_when, "{code}");
        let ends = ["headers_too_large", "body_too_large", "body_too_slow"].contains(&code);
        assert_eq!(rejection.ends_connection(), ends, "{code}");
    }
    let [limited, throttled] =
        [Rejection::RateLimited, Rejection::GuessesThrottled].map(|of| of(Duration::from_secs(7)));
    let waits = [Rejection::DirectoryUnavailable, limited, throttled].map(Rejection::retry_after);
    assert_eq!(waits, [1, 7, 7].map(|seconds| Some(Duration::from_secs(seconds))));
}

#[test]
fn every_code_of_the_management_api_has_a_heading_with_its_status() {
    let text = page(PAGE);
    for &code in Code::ALL {
        let (word, status) = (code.as_str(), code.status().as_u16());
        assert!(section(&text, word).starts_with(&format!("**{status}.** ")), "{word} is {status}, and not in {PAGE}");
    }
}

#[test]
fn the_page_says_by_which_address_documents_name_it() {
    assert!(page(PAGE).contains(&format!("`{}`", claviger::config::ERROR_DOCS.trim_end_matches('#'))));
}
