use super::*;
use crate::auth::{RequestedVersion, Target};
use crate::credential::{Account, ScopeSet, StoredSecret, TokenDigest, Version, VersionRule};
use http::{HeaderMap, Method};
use proptest::prelude::*;

const NOW: &str = "2026-07-01T00:00:00Z";

fn rules() -> Rules {
    let version = |name: &str, retired: Option<&str>| Version {
        name: name.parse().unwrap(),
        deprecated_on: None,
        sunset_on: None,
        retired_on: retired.map(|date| date.parse().unwrap()),
        link: None,
    };
    let rule = |method: Method, path: &str| RouteRule { methods: [method].into(), path: path.parse().unwrap() };
    Rules {
        accept: Accept { bearer: true, basic: true, ..Accept::default() },
        token_format: TokenFormat::default(),
        versions: VersionCatalog {
            path: Some("/v{version}/".parse().unwrap()),
            header: Some(http::HeaderName::from_static("x-api-version")),
            rule: VersionRule::UpTo,
            when_unstated: WhenUnstated::UsePin,
            known: vec![version("1", Some("2026-06-30")), version("2", None), version("3", None)],
        },
        scopes: ScopeCatalog::new(vec![("pay".parse().unwrap(), [rule(Method::POST, "/payments")].into())]),
        public: [public(rule(Method::GET, "/events"), PublicCredential::Ignored)].into(),
        upgrades: Box::default(),
        path_exceptions: Box::default(),
        origins: None,
    }
}

fn public(rule: RouteRule, credential: PublicCredential) -> PublicRoute {
    PublicRoute { rule, credential }
}

fn credential() -> Credential {
    Credential {
        version: "2".parse().ok(),
        ..Credential::unrestricted(
            "one".parse().unwrap(),
            Account { id: "acme".parse().unwrap(), access: true }.into(),
            StoredSecret::Token(TokenDigest::of(b"x")),
        )
    }
}

fn decide(rules: &Rules, credential: Credential, method: &Method, path: &str) -> Result<Option<usize>, Rejection> {
    let target = Target::parse(path.as_bytes(), rules.path_rules())?;
    let stated = RequestedVersion::read(&rules.versions, target, &HeaderMap::new())?;
    let call = RouteRequest {
        method,
        path: stated.path,
        version: stated.version,
        address: "10.1.2.3".parse().ok(),
        now: NOW.parse().unwrap(),
    };
    rules.admit(Arc::new(credential), &call).map(|admission| admission.version)
}

/// Ambiguous paths and method overrides are refused only if a rule depends on them.
#[test]
fn rules_report_whether_they_depend_on_paths_and_methods() {
    let none = || Rules {
        versions: VersionCatalog::default(),
        scopes: ScopeCatalog::default(),
        public: Box::default(),
        ..rules()
    };
    let depend = |rules: Rules| (rules.depend_on_paths(), rules.depend_on_methods());
    assert_eq!(depend(none()), (false, false));
    let versions = VersionCatalog { header: None, ..rules().versions };
    assert_eq!(depend(Rules { versions, ..none() }), (true, false));
    assert_eq!(depend(Rules { scopes: rules().scopes, ..none() }), (true, true));
    assert_eq!(depend(Rules { public: rules().public, ..none() }), (true, true));
    let any_method = RouteRule { methods: Box::default(), path: "/events".parse().unwrap() };
    assert_eq!(
        depend(Rules { public: [public(any_method, PublicCredential::Ignored)].into(), ..none() }),
        (true, false)
    );
}

#[test]
fn public_routes_admit_every_caller_but_not_every_version() {
    let rules = rules();
    let of = |method: Method, version| {
        let call =
            RouteRequest { method: &method, path: "/events/1", version, address: None, now: NOW.parse().unwrap() };
        let admitted = rules.admit_public(&call).map(|admission| (admission.credential.is_some(), admission.version));
        (rules.public_credential(&call).is_some(), admitted)
    };
    assert_eq!(of(Method::GET, NamedVersion::Unstated), (true, Ok((false, None))));
    assert_eq!(of(Method::POST, NamedVersion::Known(1)), (false, Ok((false, Some(1)))));
    assert_eq!(of(Method::GET, NamedVersion::Known(0)).1, Err(Rejection::VersionRetired));
    assert_eq!(of(Method::GET, NamedVersion::Unknown).1, Err(Rejection::VersionUnknown));
}

#[test]
fn the_version_is_the_one_named_or_the_pin() {
    let of = |path| decide(&rules(), credential(), &Method::GET, path);
    assert_eq!(of("/v2/x"), Ok(Some(1)));
    assert_eq!(of("/x"), Ok(Some(1)));
    assert_eq!(of("/v1/x"), Err(Rejection::VersionRetired));
    assert_eq!(of("/v3/x"), Err(Rejection::VersionNotAllowed));
    assert_eq!(of("/v9/x"), Err(Rejection::VersionUnknown));
    let mut strict = rules();
    strict.versions.when_unstated = WhenUnstated::Reject;
    assert_eq!(decide(&strict, credential(), &Method::GET, "/x"), Err(Rejection::VersionUnstated));
    strict.versions.rule = VersionRule::Exact;
    assert_eq!(decide(&strict, credential(), &Method::GET, "/v3/x"), Err(Rejection::VersionNotAllowed));
}

#[test]
fn a_retired_version_is_retired_whatever_the_pin() {
    for rule in [VersionRule::Exact, VersionRule::UpTo] {
        let mut rules = rules();
        rules.versions.rule = rule;
        for pin in ["1", "2", "3", "gone"] {
            let pinned = Credential { version: pin.parse().ok(), ..credential() };
            assert_eq!(decide(&rules, pinned, &Method::GET, "/v1/x"), Err(Rejection::VersionRetired), "{rule:?} {pin}");
        }
        let unpinned = Credential { version: None, ..credential() };
        assert_eq!(decide(&rules, unpinned, &Method::GET, "/v1/x"), Err(Rejection::VersionRetired), "{rule:?}");
    }
}

#[test]
fn on_a_public_route_an_optional_credential_is_checked_for_all_but_scopes() {
    let mut rules = rules();
    let route = |path: &str| RouteRule { methods: Box::default(), path: path.parse().unwrap() };
    rules.public = [
        public(route("/archive"), PublicCredential::Optional),
        public(route("/archive/old"), PublicCredential::Ignored),
        public(route("/events"), PublicCredential::Ignored),
    ]
    .into();
    let of = |path: &'static str| {
        let request = RouteRequest {
            method: &Method::GET,
            path,
            version: NamedVersion::Unstated,
            address: None,
            now: NOW.parse().unwrap(),
        };
        rules.public_credential(&request)
    };
    assert_eq!(of("/archive/1"), Some(PublicCredential::Optional));
    assert_eq!(of("/archive/old"), Some(PublicCredential::Optional));
    assert_eq!(of("/events"), Some(PublicCredential::Ignored));
    assert_eq!(of("/private"), None);
    let scoped = Credential { scopes: Some(ScopeSet::new(vec!["pay".parse().unwrap()]).into()), ..credential() };
    assert_eq!(decide(&rules, scoped, &Method::GET, "/archive/1"), Ok(Some(1)));
    let disabled = Credential { enabled: false, ..credential() };
    assert_eq!(decide(&rules, disabled, &Method::GET, "/archive/1"), Err(Rejection::CredentialDisabled));
    assert_eq!(decide(&rules, credential(), &Method::GET, "/v1/archive/1"), Err(Rejection::VersionRetired));
}

#[test]
fn each_check_refuses_with_its_own_code() {
    let of = |change: fn(&mut Credential)| {
        let mut credential = credential();
        change(&mut credential);
        decide(&rules(), credential, &Method::GET, "/x")
    };
    assert_eq!(of(|c| c.enabled = false), Err(Rejection::CredentialDisabled));
    assert_eq!(
        of(|c| c.account = Account { id: "acme".parse().unwrap(), access: false }.into()),
        Err(Rejection::AccessOff)
    );
    assert_eq!(of(|c| c.expires_at = NOW.parse().ok()), Err(Rejection::CredentialExpired));
    assert!(of(|c| c.expires_at = "2026-07-01T00:00:01Z".parse().ok()).is_ok());
    assert_eq!(of(|c| c.addresses = ["192.0.2.0/24".parse().unwrap()].into()), Err(Rejection::AddressNotAllowed));
    assert!(of(|c| c.addresses = ["10.0.0.0/8".parse().unwrap()].into()).is_ok());
    assert_eq!(of(|c| c.version = "gone".parse().ok()), Err(Rejection::VersionNotAllowed));
}

#[test]
fn scopes_match_the_path_after_the_version() {
    let scoped = || Credential { scopes: Some(ScopeSet::new(vec!["pay".parse().unwrap()]).into()), ..credential() };
    assert!(decide(&rules(), scoped(), &Method::POST, "/v2/payments/1").is_ok());
    assert_eq!(decide(&rules(), scoped(), &Method::GET, "/v2/payments/1"), Err(Rejection::ScopeInsufficient));
    assert_eq!(decide(&rules(), scoped(), &Method::POST, "/v2/other"), Err(Rejection::ScopeInsufficient));
}

#[test]
fn path_and_header_that_name_different_versions_are_ambiguous() {
    let mut headers = HeaderMap::new();
    headers.insert("x-api-version", "3".parse().unwrap());
    let rules = rules();
    let read = |path: &'static str, headers: &HeaderMap| {
        RequestedVersion::read(&rules.versions, Target { path, query: None }, headers).map(|stated| stated.version)
    };
    assert_eq!(read("/v3/x", &headers), Ok(NamedVersion::Known(2)));
    assert_eq!(read("/x", &headers), Ok(NamedVersion::Known(2)));
    assert!(matches!(read("/v2/x", &headers), Err(Rejection::RequestAmbiguous(_))));
    headers.append("x-api-version", "3".parse().unwrap());
    assert!(matches!(read("/x", &headers), Err(Rejection::RequestAmbiguous(_))));
}

proptest! {
    /// Every admitted request has an enabled credential, in date, for its version, scopes and client address.
    #[test]
    fn admitted_implies_every_condition(
        enabled: bool, access: bool, expired: bool, inside: bool, scoped: bool,
        pin in 0usize..4, named in 0usize..5, post: bool,
    ) {
        let now: jiff::Timestamp = NOW.parse().unwrap();
        let mut one = credential();
        one.enabled = enabled;
        one.account = Account { id: "acme".parse().unwrap(), access }.into();
        one.expires_at = Some(if expired { now } else { now + jiff::SignedDuration::from_secs(1) });
        one.addresses = [if inside { "10.0.0.0/8" } else { "192.0.2.0/24" }.parse().unwrap()].into();
        one.version = ["1", "2", "3", "gone"][pin].parse().ok();
        one.scopes = scoped.then(|| ScopeSet::new(vec!["pay".parse().unwrap()]).into());
        let path = ["/payments", "/v1/payments", "/v2/payments", "/v3/payments", "/v9/payments"][named];
        let method = if post { Method::POST } else { Method::GET };
        let served = if named == 0 { pin } else { named - 1 };
        let expected = enabled && access && !expired && inside
            && pin < 3 && named < 4 && served != 0 && served <= pin
            && (!scoped || post);
        prop_assert_eq!(decide(&rules(), one, &method, path).is_ok(), expected);
    }
}
