use super::*;
use crate::credential::{TokenDigest, Version};

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
    read(text, &versions, &scopes)
        .map(|read| format!("{} credentials", read.set.len()))
        .unwrap_or_else(|f| f.to_string())
}

#[test]
fn a_file_becomes_a_set() {
    let text = format!(
        "credentials:\n  - {{id: a, account: acme, token: '{DIGEST}', version: '2', scopes: [pay]}}\n  \
         - {{id: b, account: acme, username: u, password: '{HASH}', version: '1', enabled: false}}\n\
         accounts:\n  - {{id: acme, access: false}}\n"
    );
    let (versions, scopes) = catalogs();
    let set = read(&text, &versions, &scopes).unwrap().set;
    let one = set.find_token(&TokenDigest::of(b"abc")).unwrap();
    assert_eq!(one.id.as_str(), "a");
    assert!(!one.account.access);
    assert!(!set.find_username("u").unwrap().enabled);
    assert!(set.find_username("v").is_none());
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
fn a_faulty_id_or_account_hides_no_other_fault_of_its_entry() {
    let text = "credentials:
  - {id: 'a b', account: 5, token: hunter2, version: '9', scopes: [pya], expires_at: soon}
  - {account: 'b c', token: hunter2}
  - {id: 'c d', account: acme}
  - {id: d, account: acme, token: 5, enabled: maybe, scopes: [pya]}
  - {id: '', account: acme, tokn: hunter2}
";
    insta::assert_snapshot!(faults(text), @r"
    2:10  credentials[0].id  may contain only letters, digits and . _ : @ / + -
    2:26  credentials[0].account  must be text, not a number; put it in quotes
    2:86  credentials[0].expires_at  must be a time with its zone, such as 2027-01-01T00:00:00Z
    2:36  credentials[0].token  is not a token digest; write the digest here, never the token itself; run claviger token digest and paste what it prints
    2:54  credentials[0].version  is not a configured version; known: 1, 2
    2:68  credentials[0].scopes[0]  is not a configured scope; known: pay
    3:15  credentials[1].account  may contain only letters, digits and . _ : @ / + -
    3:5  credentials[1].id  is missing
    3:29  credentials[1].token  is not a token digest; write the digest here, never the token itself; run claviger token digest and paste what it prints
    3:5  credentials[1].version  is missing; known: 1, 2
    4:10  credentials[2].id  may contain only letters, digits and . _ : @ / + -
    4:5  credentials[2]  has neither token nor username and password; claviger token new creates a token, claviger password hash hashes a password
    4:5  credentials[2].version  is missing; known: 1, 2
    5:35  credentials[3].token  must be text, not a number; put it in quotes
    5:47  credentials[3].enabled  must be true or false, not text
    5:63  credentials[3].scopes[0]  is not a configured scope; known: pay
    5:5  credentials[3].version  is missing; known: 1, 2
    6:10  credentials[4].id  must not be empty
    6:29  credentials[4].tokn  is not a known key; did you mean token?
    ");
}

#[test]
fn names_that_are_taken_are_refused_with_both_places() {
    let one = format!("account: acme, token: '{DIGEST}', version: '1'");
    let pair = format!("account: acme, username: u, password: '{HASH}', version: '1'");
    let text = format!(
        "credentials:\n  - {{id: a, {one}}}\n  - {{id: b, {one}}}\n  - {{id: c, {pair}}}\n  - {{id: c, {pair}}}\n  - {{id: d, {pair}}}\n"
    );
    insta::assert_snapshot!(faults(&text), @r"
    3:5  credentials[1].token  is also the token digest of the credential at 2:5
    5:5  credentials[3].id  is also the id of the credential at 4:5
    6:5  credentials[4].username  is also the username of the credential at 4:5
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

#[test]
fn a_key_that_is_not_known_is_named_only_when_it_is_a_known_one_misspelt() {
    let entry = |rest: &str| format!("credentials:\n- {{id: a, account: b, {rest}}}\n");
    let mut report = String::new();
    for text in [
        entry("password:hunter2secret"),
        entry("token plain-secret-token"),
        entry("token=plain-secret-token"),
        entry("tokenhunter2secret"),
        entry("hunter2secret: token"),
        entry("hunter2secret: 1, hunter2secret: 2"),
        entry("12345678: x"),
        entry("{hunter2secret: a}: x"),
        entry("Passwort: x"),
        entry("pasword: x"),
        "credentials:hunter2secret".into(),
        "credentials: []\nhunter2secret: x\nhunter2secret: y".into(),
        "credentials: []\ncredentials:hunter2secret: x".into(),
        "accounts: [{id: a, acces: true}, {id: b, hunter2secret}]".into(),
    ] {
        report.push_str(&format!("{text:?}\n    {}\n", faults(&text).replace('\n', "\n    ")));
    }
    insta::assert_snapshot!(report);
}

/// Whatever a slip of one finger makes of a file, the log tells where it is and not what stands there.
#[test]
fn no_fault_of_a_mistyped_file_repeats_a_secret() {
    const SECRETS: [&str; 6] = [
        "qvzmplantedxkwjfhrdby3t7",
        "zjwkbuserofbasicmqxv",
        "Wq0zXvKjPlantedInTheClear",
        "nmqzlongnameofaperson",
        "L55TUjtiq8FBorTWAZ0jy6g129A=",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ];
    let [id, user, plain, name, hash, digest] = SECRETS;
    let bases = [
        format!(
            "credentials:\n  - {{id: {id}, account: {id}, name: {name}, token: 'sha256:{digest}', version: \"1\"}}\n  \
             - {{id: b, account: a, username: {user}, password: '{{SHA}}{hash}', version: '2', scopes: [pay]}}\n"
        ),
        format!(
            "# {plain}\ncredentials:\n  - id: {id}\n    account: &x {user}\n    name: |\n      {name}\n    \
             token: sha256:{digest}\n    version: '1'\n  - id: b\n    account: *x\n    username: \"{user}\"\n    \
             password: '{{SHA}}{hash}'\n    version: '2'\naccounts:\n  - id: {user}\n    access: true\n"
        ),
        format!(
            "credentials:\n  - {{id: a, account: a, token: {plain}, version: '1'}}\n  \
             - {{id: b, account: a, username: {user}, password: {plain}, version: '2', enabled: {plain}}}\n  \
             - {plain}\n  - {{id: c, account: a, token: {plain}, expires_at: {plain}, addresses: [{plain}]}}\n"
        ),
    ];
    let alphabet: Vec<char> = " :-\"'{}[],#&*!|>%@`?\\\n\tabtokenpd019=<~".chars().collect();
    let mut random = fastrand::Rng::with_seed(7);
    for base in &bases {
        for round in 0..3000 {
            let mut text: Vec<char> = base.chars().collect();
            for _ in 0..1 + round % 3 {
                let (place, letter) = (random.usize(..text.len()), alphabet[random.usize(..alphabet.len())]);
                match random.u8(..3) {
                    0 => drop(text.remove(place)),
                    1 => text.insert(place, letter),
                    _ => text[place] = letter,
                }
            }
            let text: String = text.into_iter().collect();
            let report = faults(&text);
            for piece in SECRETS.iter().flat_map(|secret| secret.as_bytes().windows(8)) {
                let piece = std::str::from_utf8(piece).unwrap();
                assert!(!report.contains(piece), "{piece} of\n{text}\nis in\n{report}");
            }
        }
    }
}
