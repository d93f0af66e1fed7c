use super::*;
use http::HeaderValue;
use proptest::prelude::*;

fn accept() -> Accept {
    Accept {
        bearer: true,
        basic: true,
        api_key_header: Some(HeaderName::from_static("x-api-key")),
        api_key_query: Some("api_key".into()),
    }
}

fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())).fold(
        HeaderMap::new(),
        |mut map, (name, value)| {
            map.append(name, value);
            map
        },
    )
}

fn shown(pairs: &[(&'static str, &[u8])], query: Option<&str>) -> String {
    match Presented::read(&accept(), &headers(pairs), query) {
        Ok(None) => "none".into(),
        Ok(Some(Presented::Token { scheme, token })) => {
            format!("{} {}", scheme.as_str(), String::from_utf8_lossy(&token))
        }
        Ok(Some(Presented::Password(pair))) => {
            format!("basic {} | {}", pair.username(), String::from_utf8_lossy(pair.password()))
        }
        Err(rejection) => rejection.code().into(),
    }
}

#[test]
fn each_scheme_is_read() {
    assert_eq!(shown(&[], None), "none");
    assert_eq!(shown(&[("authorization", b"Bearer abc")], None), "bearer abc");
    assert_eq!(shown(&[("authorization", b"bEaReR  abc ")], None), "bearer abc");
    assert_eq!(shown(&[("x-api-key", b"abc")], None), "api_key abc");
    assert_eq!(shown(&[], Some("a=1&api_key=a%62c")), "api_key abc");
    assert_eq!(shown(&[("authorization", b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")], None), "basic Aladdin | open sesame");
}

#[test]
fn a_password_may_contain_colons() {
    let encoded = format!("Basic {}", STANDARD.encode("user:a:b:"));
    assert_eq!(shown(&[("authorization", encoded.as_bytes())], None), "basic user | a:b:");
}

#[test]
fn schemes_that_are_not_accepted_are_no_credential() {
    assert_eq!(shown(&[("authorization", b"Negotiate abc")], None), "none");
    let only_keys = Accept { bearer: false, basic: false, ..accept() };
    let presented = headers(&[("authorization", b"Bearer abc")]);
    assert!(Presented::read(&only_keys, &presented, None).is_ok_and(|found| found.is_none()));
}

#[test]
fn more_than_one_credential_is_malformed() {
    let bearer: (&'static str, &[u8]) = ("authorization", b"Bearer abc");
    let key: (&'static str, &[u8]) = ("x-api-key", b"abc");
    assert_eq!(shown(&[bearer, bearer], None), "credential_malformed");
    assert_eq!(shown(&[key, key], None), "credential_malformed");
    assert_eq!(shown(&[bearer, key], None), "credential_malformed");
    assert_eq!(shown(&[bearer], Some("api_key=abc")), "credential_malformed");
    assert_eq!(shown(&[key], Some("api_key=abc")), "credential_malformed");
    assert_eq!(shown(&[], Some("api_key=abc&api_key=abc")), "credential_malformed");
    assert_eq!(shown(&[bearer, ("authorization", b"Negotiate x")], None), "credential_malformed");
}

#[test]
fn unreadable_credentials_are_malformed() {
    let basic = |pair: &[u8]| format!("Basic {}", STANDARD.encode(pair));
    let long = "x".repeat(MAX_TOKEN_BYTES + 1);
    for value in [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Basic",
        "Basic ===",
        "Basic !",
        &basic(b"no colon"),
        &basic(b":secret"),
        &basic(b"user:"),
        &basic(b"us\ner:secret"),
        &basic(b"\xff:secret"),
        &basic(&[b':'; 1025]),
        &format!("Bearer {long}"),
        &format!("Basic {}", "A".repeat(60_000)),
    ] {
        assert_eq!(shown(&[("authorization", value.as_bytes())], None), "credential_malformed", "{value}");
    }
    assert_eq!(shown(&[("x-api-key", b"")], None), "credential_malformed");
    assert_eq!(shown(&[("x-api-key", b"\xe4")], None), "credential_malformed");
    assert_eq!(shown(&[], Some("api_key=")), "credential_malformed");
}

#[test]
fn credentials_of_maximum_length_are_read_and_longer_ones_are_malformed() {
    for (extra, expected) in [(0, "basic u"), (1, "credential_malformed")] {
        let pair = format!("u:{}", "p".repeat(MAX_BASIC_BYTES - 2 + extra));
        let value = format!("Basic {}", STANDARD.encode(pair));
        let outcome = shown(&[("authorization", value.as_bytes())], None);
        assert!(outcome.starts_with(expected), "{extra}: {outcome}");
    }
    for (extra, expected) in [(0, "bearer x"), (1, "credential_malformed")] {
        let value = format!("Bearer {}", "x".repeat(MAX_TOKEN_BYTES + extra));
        let outcome = shown(&[("authorization", value.as_bytes())], None);
        assert!(outcome.starts_with(expected), "{extra}: {outcome}");
    }
}

proptest! {
    #[test]
    fn junk_never_panics(value in proptest::collection::vec(any::<u8>(), 0..2000), query in ".*") {
        let mut map = HeaderMap::new();
        for prefix in ["", "Bearer ", "Basic "] {
            if let Ok(value) = HeaderValue::from_bytes(&[prefix.as_bytes(), &value].concat()) {
                map.insert(AUTHORIZATION, value);
            }
            drop(Presented::read(&accept(), &map, Some(&query)));
        }
    }

    #[test]
    fn every_basic_pair_without_control_characters_reads_back(user in "[^:\\p{Cc}]{1,40}", password in "[^\\p{Cc}]{1,40}") {
        let value = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        prop_assert_eq!(shown(&[("authorization", value.as_bytes())], None), format!("basic {user} | {password}"));
    }
}
