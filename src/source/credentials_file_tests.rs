use super::*;
use crate::auth::Directory;
use crate::credential::Version;

const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const HASH: &str = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";

fn catalogs() -> (VersionCatalog, ScopeCatalog) {
    let version = |name: &str| Version {
        name: name.parse().unwrap(),
        deprecated_on: None,
        sunset_on: None,
        retired_on: None,
        link: None,
    };
    let versions = VersionCatalog { known: vec![version("1"), version("2")], ..Default::default() };
    (versions, ScopeCatalog::new(vec![("pay".parse().unwrap(), Box::default())]))
}

fn faults(text: &str) -> String {
    let (versions, scopes) = catalogs();
    read(text, &versions, &scopes).map(|set| format!("{} credentials", set.len())).unwrap_or_else(|f| f.to_string())
}

#[test]
fn a_file_becomes_a_set() {
    let text = format!(
        "credentials:\n  - {{id: a, account: acme, token: '{DIGEST}', version: '2', scopes: [pay]}}\n  \
         - {{id: b, account: acme, username: u, password: '{HASH}', version: '1', enabled: false}}\n\
         accounts:\n  - {{id: acme, access: false}}\n"
    );
    let (versions, scopes) = catalogs();
    let set = read(&text, &versions, &scopes).unwrap();
    let one = set.find_token(&TokenDigest::of(b"abc")).unwrap();
    assert_eq!(one.id.as_str(), "a");
    assert!(!one.account.access);
    assert!(!set.find_username("u").unwrap().enabled);
    assert!(set.find_username("v").is_none());
    assert_eq!(set.decoy("anybody"), set.find_username("u").unwrap().password_hash().cloned().unwrap());
}

#[test]
fn an_empty_list_is_a_set_of_none() {
    assert_eq!(faults("credentials: []"), "0 credentials");
}

#[test]
fn every_fault_is_reported_with_its_place_and_without_its_value() {
    let text = format!(
        "credentials:
  - id: plain
    account: acme
    token: hunter2
    version: '1'
  - id: numbers
    account: acme
    token: 123456
    version: 2
  - id: empty
    account: acme
    token: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    version: '1'
  - {{id: pair, account: acme, username: 'a:b', password: hunter2, version: '3'}}
  - {{id: neither, account: acme, scopes: [pay, pya, pay]}}
  - {{id: both, account: acme, token: '{DIGEST}', username: u, password: '{HASH}', version: '1'}}
  - {{id: typo, account: acme, tokn: '{DIGEST}', version: '1', expires_at: soon, addresses: [10.0.0.1/8]}}
  - {{account: acme, token: '{DIGEST}', version: '1'}}
  - just text
  - {{id: twice, id: twice, account: acme, token: '{DIGEST}', version: '1', enabled: yes}}
"
    );
    let report = faults(&text);
    assert!(!report.contains("hunter2") && !report.contains("123456"), "{report}");
    insta::assert_snapshot!(report);
}

#[test]
fn names_that_are_taken_are_refused_with_both_places() {
    let one = format!("account: acme, token: '{DIGEST}', version: '1'");
    let pair = format!("account: acme, username: u, password: '{HASH}', version: '1'");
    let text = format!(
        "credentials:\n  - {{id: a, {one}}}\n  - {{id: b, {one}}}\n  - {{id: c, {pair}}}\n  - {{id: c, {pair}}}\n  - {{id: d, {pair}}}\n"
    );
    insta::assert_snapshot!(faults(&text), @r"
    3:5  credentials[1].token  is the token digest of another credential too, at 2:5
    5:5  credentials[3].id  is the id of another credential too, at 4:5
    6:5  credentials[4].username  is the username of another credential too, at 4:5
    ");
}

#[test]
fn what_is_no_credentials_file_is_refused() {
    let mut report = String::new();
    for text in [
        "",
        "# nothing",
        "credentials:",
        "credentials: 5",
        "credentials: {a: 1}",
        "[1, 2]",
        "hello",
        "credential: []",
        "credentials: []\ncredentials: []",
        "credentials:\n  - id: [",
        "credentials:\n- {id: a, account: b, token: *t}",
    ] {
        report.push_str(&format!("{text:?}\n    {}\n", faults(text).replace('\n', "\n    ")));
    }
    insta::assert_snapshot!(report);
}
