use super::*;
use crate::auth::Accept;
use crate::credential::{ScopeCatalog, TokenFormat};
use proptest::prelude::*;

fn names() -> HeaderNames {
    HeaderNames::new(&Identity::default(), &rules()).unwrap()
}

/// With these identity headers alone.
fn sending(headers: &[IdentityHeader]) -> HeaderNames {
    HeaderNames::new(&Identity { headers: headers.into(), ..Identity::default() }, &rules()).unwrap()
}

fn rules() -> Rules {
    Rules {
        accept: Accept {
            bearer: true,
            basic: true,
            api_key_header: Some(HeaderName::from_static("x-api-key")),
            ..Accept::default()
        },
        token_format: TokenFormat::default(),
        versions: VersionCatalog { header: Some(HeaderName::from_static("x-api-version")), ..Default::default() },
        scopes: ScopeCatalog::default(),
        public: Box::default(),
        upgrades: Box::default(),
        path_exceptions: Box::default(),
        origins: None,
    }
}

fn left(name: &str, is_trusted: bool, forward_credential: bool) -> bool {
    left_by(&names(), name, is_trusted, forward_credential)
}

fn left_by(names: &HeaderNames, name: &str, is_trusted: bool, forward_credential: bool) -> bool {
    let mut request = RequestHeader::build("GET", b"/", None).unwrap();
    request.append_header(name.to_owned(), "forged").unwrap();
    let caller = Caller { peer: "192.0.2.1".parse().ok(), is_trusted, is_tls: false };
    names.strip(&mut request, caller, forward_credential);
    !request.headers.is_empty()
}

#[test]
fn forged_headers_are_removed_in_every_spelling() {
    for name in [
        "X-Claviger-Credential",
        "x_claviger_credential",
        "X.Claviger.Account",
        "X-CLAVIGER_whatever",
        "X!Claviger!Account",
        "x~claviger|scopes",
        "X_Api_Key",
        "X.API-Key",
        "X!API!Key",
        "X*API*Version",
        "X^Forwarded^For",
        "X'Real'IP",
        "X_API_Version",
        "X-Forwarded-For",
        "X_Forwarded_Host",
        "Forwarded",
        "X-Real-IP",
        "X-API-Key",
        "Authorization",
    ] {
        assert!(!left(name, false, false), "{name}");
    }
    for name in ["X-API-Version", "X-Request-Id", "Cookie", "X-Clavigerish", "X-Forwarded"] {
        assert!(left(name, false, false), "{name}");
    }
}

#[test]
fn header_that_is_not_sent_is_removed_all_the_same() {
    for names in [sending(&[]), sending(&[IdentityHeader::Account])] {
        for name in ["X-Claviger-Credential", "x_claviger_account", "X.Claviger.Scopes", "X-CLAVIGER-REQUEST-ID"] {
            assert!(!left_by(&names, name, false, true) && !left_by(&names, name, true, true), "{name}");
        }
    }
}

#[test]
fn only_headers_that_are_sent_have_a_value() {
    let admitted = Admitted::for_test(crate::auth::Admission { credential: None, version: None });
    let sent = |headers: &[IdentityHeader]| {
        let names = sending(headers);
        let all = names.identity(&admitted, &rules().versions, Uuid::nil()).unwrap();
        all.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name.name().to_string()).collect::<Vec<_>>()
    };
    assert!(sent(&[]).is_empty() && sent(&[IdentityHeader::Credential]).is_empty());
    assert_eq!(sent(&[IdentityHeader::RequestId]), ["x-claviger-request-id"]);
}

/// The configuration of a proxy that asks may leave them out, so that it does not remove them.
#[test]
fn header_that_is_not_sent_counts_as_forged_behind_another_proxy() {
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-claviger-scopes"), HeaderValue::from_static("x"))]);
    assert!(!names().has_spoofed(&headers));
    assert!(sending(&[]).has_spoofed(&headers) && sending(&[IdentityHeader::Account]).has_spoofed(&headers));
    assert!(!sending(&[IdentityHeader::Scopes]).has_spoofed(&headers));
}

#[test]
fn other_spellings_of_a_method_override_are_found() {
    for name in ["X-HTTP-Method-Override", "X_HTTP_Method", "x!method!override"] {
        let headers = HeaderMap::from_iter([(name.parse::<HeaderName>().unwrap(), HeaderValue::from_static("DELETE"))]);
        assert!(has_second_method(&headers), "{name}");
    }
}

#[test]
fn names_that_http_1_1_forbids_are_found() {
    let names = |name: &str| {
        HeaderMap::from_iter([(HeaderName::from_lowercase(name.as_bytes()).unwrap(), HeaderValue::from_static("x"))])
    };
    assert!(has_valid_names(&names("x!#$%&'*+-.^_`|~9")));
    assert!(!has_valid_names(&names("x\"claviger\"account")));
}

#[test]
fn trusted_proxy_is_believed_in_the_standard_spelling_only() {
    assert!(left("X-Forwarded-For", true, false));
    assert!(left("Forwarded", true, false));
    for spelling in ["X_Forwarded_For", "X!Forwarded!For", "X-Forwarded$Host"] {
        assert!(!left(spelling, true, false), "{spelling}");
    }
    assert!(!left("X-Claviger-Account", true, false));
}

#[test]
fn credential_is_kept_only_with_forward_credential() {
    assert!(left("Authorization", false, true));
    assert!(left("X-API-Key", false, true));
    assert!(!left("X_API_Key", false, true));
}

#[test]
fn authorization_passes_where_it_is_not_accepted() {
    let mut rules = rules();
    rules.accept.bearer = false;
    assert_eq!(
        HeaderNames::new(&Identity::default(), &rules).unwrap().action(&AUTHORIZATION, false, false),
        Action::Remove
    );
    rules.accept.basic = false;
    assert_eq!(
        HeaderNames::new(&Identity::default(), &rules).unwrap().action(&AUTHORIZATION, false, false),
        Action::Keep
    );
}

proptest! {
    #[test]
    fn every_spelling_of_an_identity_header_is_removed(
        rest in "[A-Za-z0-9_.!#$%&'*+^`|~-]{0,20}",
        separators in proptest::collection::vec(prop::sample::select("-_.!#$%&'*+^`|~".chars().collect::<Vec<_>>()), 2),
        upper in proptest::collection::vec(any::<bool>(), 9),
    ) {
        let mut letters = upper.iter();
        let mut cased = |text: &str| -> String {
            text.chars().map(|c| if letters.next() == Some(&true) { c.to_ascii_uppercase() } else { c }).collect()
        };
        let name = format!("{}{}{}{}{rest}", cased("x"), separators[0], cased("claviger"), separators[1]);
        prop_assert!(!left(&name, false, true), "{}", name);
        prop_assert!(!left(&name, true, true), "{}", name);
    }
}
