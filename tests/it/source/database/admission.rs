//! A credential of a database behaves like one of a file.

use std::num::NonZeroU32;

use claviger::credential::RateLimit;
use claviger::store::CredentialRecord;
use jiff::ToSpan as _;

use super::{answer, bearer, gate, pair, verdict};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};
use crate::support::{PASSWORD, PASSWORD_HASH, RecordingApi, Request, slow_hash};

const SETTINGS: &str = "versions:
  read_from: {path: \"/v{version}/\"}
  known: [{name: \"1\"}, {name: \"2\"}]
scopes:
  pay: [{methods: [POST], path: /payments}]
";

on_each!(
    a_token_and_a_pair_are_admitted_with_identity_headers,
    a_credential_is_refused_for_the_same_reasons_as_one_of_a_file,
    a_pair_is_valid_while_its_hash_is_stored,
    a_user_name_with_a_zero_byte_is_unknown,
);

async fn a_token_and_a_pair_are_admitted_with_identity_headers(bed: TestDatabase) {
    bed.account("acme").await;
    let mut billing = token("billing", "acme", "secret");
    billing.version = Some(label("2"));
    billing.scopes = Some(vec![label("pay")]);
    bed.put(&billing).await;
    let mut nightly = pair("nightly", "acme", "night", PASSWORD_HASH);
    nightly.version = Some(label("1"));
    bed.put(&nightly).await;

    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings(SETTINGS).start();
    for request in [
        Request::new("POST", "/v2/payments").bearer("secret"),
        Request::new("POST", "/v2/payments").header("X-API-Key", "secret"),
    ] {
        assert_eq!(answer(&gate, &request), (200, String::new()));
        let seen = api.last();
        assert_eq!(seen.header("X-Claviger-Credential"), Some("billing"));
        assert_eq!(seen.header("X-Claviger-Account"), Some("acme"));
        assert_eq!(seen.header("X-Claviger-Version"), Some("2"));
        assert_eq!(seen.header("X-Claviger-Scopes"), Some("pay"));
        assert!(seen.header("Authorization").is_none() && seen.header("X-API-Key").is_none(), "{seen:?}");
    }
    // Verified first, then from the cache.
    for _ in 0..2 {
        assert_eq!(answer(&gate, &Request::get("/v1/x").basic("night", PASSWORD)), (200, String::new()));
        assert_eq!(api.last().header("X-Claviger-Credential"), Some("nightly"));
    }
    let unknown = [
        Request::get("/v1/x").bearer("unknown"),
        Request::get("/v1/x").basic("stranger", PASSWORD),
        Request::get("/v1/x").basic("night", "wrong"),
    ];
    let before = api.seen().len();
    for request in unknown {
        assert_eq!(answer(&gate, &request), (401, "credential_invalid".into()));
    }
    assert_eq!(api.seen().len(), before);
}

async fn a_credential_is_refused_for_the_same_reasons_as_one_of_a_file(bed: TestDatabase) {
    bed.account("acme").await;
    let mut off = bed.account("off").await;
    off.switched_on = false;
    bed.put_account(&off).await;
    let put = async |id: &str, account: &str, change: fn(&mut CredentialRecord)| {
        let mut record = token(id, account, id);
        record.version = Some(label("2"));
        change(&mut record);
        bed.put(&record).await;
    };
    put("fine", "acme", |_| ()).await;
    put("disabled", "acme", |record| record.enabled = false).await;
    put("expired", "acme", |record| record.expires_at = Some(noon() - 10_000.hours())).await;
    put("off", "off", |_| ()).await;
    put("old", "acme", |record| record.version = Some(label("1"))).await;
    put("reader", "acme", |record| record.scopes = Some(Vec::new())).await;
    put("elsewhere", "acme", |record| record.addresses = vec!["192.0.2.0/24".parse().unwrap()]).await;
    put("limited", "acme", |record| {
        let number = |number| NonZeroU32::new(number).unwrap();
        record.rate_limit = Some(RateLimit { requests: number(1), seconds: number(3600), burst: number(1) });
    })
    .await;

    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings(SETTINGS).start();
    assert_eq!(answer(&gate, &Request::get("/v2/x").bearer("limited")).0, 200);
    // From a lookup first, then from the cache.
    for _ in 0..2 {
        for (token, status, code) in [
            ("fine", 200, ""),
            ("disabled", 401, "credential_disabled"),
            ("expired", 401, "credential_expired"),
            ("off", 403, "access_off"),
            ("old", 403, "version_not_allowed"),
            ("reader", 403, "scope_insufficient"),
            ("elsewhere", 403, "address_not_allowed"),
            ("limited", 429, "rate_limited"),
        ] {
            let verdict = answer(&gate, &Request::get("/v2/x").bearer(token));
            assert_eq!(verdict, (status, code.to_owned()), "{token}");
        }
    }
}

async fn a_pair_is_valid_while_its_hash_is_stored(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&pair("nightly", "acme", "night", &slow_hash(PASSWORD))).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    let (right, new) = (Request::get("/x").basic("night", PASSWORD), Request::get("/x").basic("night", "new"));
    assert_eq!([answer(&gate, &right).0, answer(&gate, &right).0, answer(&gate, &new).0], [200, 200, 401]);
    bed.put(&pair("nightly", "acme", "night", &slow_hash("new"))).await;
    crate::support::eventually("the old password is refused", || answer(&gate, &right).0 == 401);
    assert_eq!(answer(&gate, &new).0, 200);
}

/// PostgreSQL text cannot hold a zero byte.
async fn a_user_name_with_a_zero_byte_is_unknown(bed: TestDatabase) {
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    let code = |username: &str| verdict(&gate.send(&Request::get("/x").basic(username, "x")));
    assert_eq!(code("a\0b"), (400, "credential_malformed".into()));
    assert_eq!(code(&"\u{10ffff}".repeat(200)), (401, "credential_invalid".into()));
    assert_eq!(code("'; DROP TABLE credentials; --"), (401, "credential_invalid".into()));
    assert_eq!(verdict(&gate.send(&bearer("x"))), (401, "credential_invalid".into()));
}
