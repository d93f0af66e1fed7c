use super::*;
use http::HeaderValue;
use proptest::prelude::*;

use crate::credential::normalized;

fn accept() -> Accept {
    Accept {
        bearer: true,
        basic: true,
        api_key_header: Some(HeaderName::from_static("x-api-key")),
        api_key_query: Some("api_key".into()),
        ..Accept::default()
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
    shown_by(&accept(), pairs, query)
}

fn shown_by(accept: &Accept, pairs: &[(&'static str, &[u8])], query: Option<&str>) -> String {
    match Presented::read(accept, &headers(pairs), query) {
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

#[test]
fn a_basic_pair_that_is_not_utf8_is_read_as_iso_8859_1() {
    let value = format!("Basic {}", STANDARD.encode(b"k\xfcster:p\xe4ssw\xf6rt"));
    assert_eq!(shown(&[("authorization", value.as_bytes())], None), "basic k\u{fc}ster | p\u{e4}ssw\u{f6}rt");
    // 0x80 to 0x9f are control characters of ISO-8859-1.
    let value = format!("Basic {}", STANDARD.encode(b"user:\x80\xff"));
    assert_eq!(shown(&[("authorization", value.as_bytes())], None), "credential_malformed");
}

#[test]
fn a_basic_pair_is_read_in_nfc() {
    let value = format!("Basic {}", STANDARD.encode("ku\u{308}ster:pa\u{308}ss"));
    assert_eq!(shown(&[("authorization", value.as_bytes())], None), "basic k\u{fc}ster | p\u{e4}ss");
    // Two bytes of ISO-8859-1 each.
    let value = format!("Basic {}", STANDARD.encode([&b"u:"[..], &[0xff; 512]].concat()));
    assert_eq!(shown(&[("authorization", value.as_bytes())], None), "credential_malformed");
}

#[test]
fn further_schemes_carry_tokens_once_they_are_named() {
    let value = |text: &'static str| [("authorization", text.as_bytes())];
    assert_eq!(shown(&value("Token abc"), None), "none");
    let accept = Accept { schemes: ["Token".into(), "ApiKey".into()].into(), ..accept() };
    let read = |text| shown_by(&accept, &value(text), None);
    assert_eq!(read("Token abc"), "custom abc");
    assert_eq!(read("APIKEY  abc "), "custom abc");
    assert_eq!(read("Token"), "credential_malformed");
    assert_eq!(read("Token a b"), "credential_malformed");
    assert_eq!(read("Tokens abc"), "none");
    assert_eq!(read("abc"), "none");
    assert_eq!(read("Bearer abc"), "bearer abc");
}

#[test]
fn a_bare_token_is_read_once_it_is_on() {
    let accept = Accept { bare_token: true, ..accept() };
    let read = |text: &'static str| shown_by(&accept, &[("authorization", text.as_bytes())], None);
    assert_eq!(read("abc"), "custom abc");
    assert_eq!(read("Bearer"), "credential_malformed");
    assert_eq!(read("Negotiate abc"), "none");
    assert_eq!(read(""), "credential_malformed");
}

#[test]
fn a_token_is_the_named_part_of_a_basic_pair() {
    let read = |accept: &Accept, pair: &str| {
        let value = format!("Basic {}", STANDARD.encode(pair));
        shown_by(accept, &[("authorization", value.as_bytes())], None)
    };
    let both = |part| Accept { basic_token: Some(part), ..accept() };
    assert_eq!(read(&both(BasicPart::Username), "key:"), "basic key");
    assert_eq!(read(&both(BasicPart::Username), "user:pass"), "basic user | pass");
    assert_eq!(read(&both(BasicPart::Password), ":key"), "basic key");
    assert_eq!(read(&both(BasicPart::Password), "user:pass"), "basic user | pass");
    let only = |part| Accept { basic: false, ..both(part) };
    assert_eq!(read(&only(BasicPart::Username), "key:anything"), "basic key");
    assert_eq!(read(&only(BasicPart::Password), "anything:key"), "basic key");
    for (part, odd) in [(BasicPart::Username, ":"), (BasicPart::Username, "k\u{e9}y:"), (BasicPart::Password, "key:")] {
        assert_eq!(read(&only(part), odd), "credential_malformed", "{part:?} {odd}");
        assert_eq!(read(&both(part), odd), "credential_malformed", "{part:?} {odd}");
    }
    assert_eq!(read(&Accept { basic: false, ..accept() }, "key:"), "none");
}

#[test]
fn a_token_follows_the_named_websocket_protocol() {
    let accept = Accept { websocket_protocol: Some("bearer".into()), ..accept() };
    let read = |values: &[&'static str]| {
        let fields: Vec<_> = values.iter().map(|value| ("sec-websocket-protocol", value.as_bytes())).collect();
        let rest = StrippedProtocols::of(&headers(&fields), "bearer").map(|stripped| stripped.rest);
        let rest = rest.map(|rest| rest.map_or(String::new(), |rest| rest.to_str().unwrap().to_owned()));
        (shown_by(&accept, &fields, None), rest)
    };
    assert_eq!(read(&["bearer, abc"]), ("websocket abc".into(), Some(String::new())));
    assert_eq!(read(&["chat, bearer,abc , v2"]), ("websocket abc".into(), Some("chat, v2".into())));
    assert_eq!(read(&["chat", "bearer", "abc"]), ("websocket abc".into(), Some("chat".into())));
    assert_eq!(read(&["chat, v2"]), ("none".into(), None));
    assert_eq!(read(&["bearer"]), ("credential_malformed".into(), Some(String::new())));
    assert_eq!(read(&["bearer, a, bearer, b"]), ("credential_malformed".into(), Some(String::new())));
    assert_eq!(read(&["bearer, bearer, b"]), ("credential_malformed".into(), Some(String::new())));
    assert_eq!(shown(&[("sec-websocket-protocol", b"bearer, abc")], None), "none");
}

#[test]
fn a_malformed_token_is_refused_with_its_cause() {
    let detail = |value: &[u8]| match Presented::read(&accept(), &headers(&[("x-api-key", value)]), None) {
        Err(rejection) => rejection.detail(),
        Ok(_) => "",
    };
    assert_eq!(detail(b""), "The token is empty.");
    assert_eq!(detail("k\u{e9}y".as_bytes()), "The token contains characters outside ASCII.");
    assert_eq!(detail(b"a b"), "The token contains spaces or control characters.");
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
        let expected = format!("basic {user} | {password}");
        prop_assert_eq!(shown(&[("authorization", value.as_bytes())], None), normalized(&expected));
    }
}
