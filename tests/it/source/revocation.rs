//! A revocation by file is in force at the next request, whatever the password cache holds.

use crate::support::{Connection, Gate, RecordingApi, Request, TOKEN, digest, slow_hash};

const PASSWORD: &str = "planted-password-to-be-revoked";

/// A credential that was just used twice, on an open connection.
struct InUse {
    gate: Gate,
    request: Request,
    connection: Connection,
    _api: RecordingApi,
}

impl InUse {
    fn start(credentials: &str, request: Request) -> Self {
        let api = RecordingApi::start();
        let gate = Gate::before(api.url()).credentials(credentials).start();
        let mut connection = gate.connect();
        for _ in 0..2 {
            assert_eq!(connection.send(&request).status, 200);
        }
        Self { gate, request, connection, _api: api }
    }

    fn basic(credentials: &str) -> Self {
        let in_use = Self::start(credentials, Request::get("/x").basic("acme", PASSWORD));
        let hits = in_use.gate.metric("claviger_cache_hits_total{cache=\"password\"}");
        assert_eq!(hits, 1.0, "the password is not remembered, and the test proves nothing");
        in_use
    }

    fn bearer(credentials: &str) -> Self {
        Self::start(credentials, Request::get("/x").bearer(TOKEN))
    }

    /// Replaces the file; the next request must be refused, on the open connection and on a new one.
    fn must_be_refused_after(mut self, credentials: &str, status: u16, code: &str) {
        self.gate.replace_credentials(credentials);
        let replies = [self.connection.send(&self.request), self.gate.send(&self.request)];
        for reply in replies {
            assert_eq!((reply.status, reply.code().as_str()), (status, code));
        }
    }
}

fn pair(hash: &str, rest: &str) -> String {
    format!("credentials:\n  - {{id: nightly, account: acme, username: acme, password: '{hash}'{rest}}}\n")
}

fn token(rest: &str) -> String {
    format!("credentials:\n  - {{id: billing, account: acme, token: '{}'{rest}}}\n", digest(TOKEN))
}

const ACCESS_OFF: &str = "accounts:\n  - {id: acme, access: false}\n";
const EXPIRED: &str = ", expires_at: 2020-01-01T00:00:00Z";
const NONE: &str = "credentials: []\n";

#[test]
fn a_disabled_user_is_refused_despite_the_password_cache() {
    let hash = slow_hash(PASSWORD);
    let in_use = InUse::basic(&pair(&hash, ""));
    in_use.must_be_refused_after(&pair(&hash, ", enabled: false"), 401, "credential_disabled");
}

#[test]
fn an_old_password_is_refused_despite_the_password_cache() {
    let in_use = InUse::basic(&pair(&slow_hash(PASSWORD), ""));
    in_use.must_be_refused_after(&pair(&slow_hash("planted-new-password"), ""), 401, "credential_invalid");
}

#[test]
fn a_deleted_user_is_refused_despite_the_password_cache() {
    let in_use = InUse::basic(&pair(&slow_hash(PASSWORD), ""));
    in_use.must_be_refused_after(NONE, 401, "credential_invalid");
}

#[test]
fn a_user_of_an_account_without_access_is_refused_despite_the_password_cache() {
    let hash = slow_hash(PASSWORD);
    let in_use = InUse::basic(&pair(&hash, ""));
    in_use.must_be_refused_after(&(pair(&hash, "") + ACCESS_OFF), 403, "access_off");
}

#[test]
fn an_expired_user_is_refused_despite_the_password_cache() {
    let hash = slow_hash(PASSWORD);
    let in_use = InUse::basic(&pair(&hash, ""));
    in_use.must_be_refused_after(&pair(&hash, EXPIRED), 401, "credential_expired");
}

/// A cached pair belongs to the credential that it was verified for.
#[test]
fn a_user_name_of_another_credential_needs_its_new_password() {
    let in_use = InUse::basic(&pair(&slow_hash(PASSWORD), ""));
    let next = pair(&slow_hash("planted-password-of-the-next"), "").replace("nightly", "next");
    in_use.must_be_refused_after(&next, 401, "credential_invalid");
}

#[test]
fn a_user_who_is_enabled_again_is_admitted_again() {
    let hash = slow_hash(PASSWORD);
    let InUse { gate, request, mut connection, _api } = InUse::basic(&pair(&hash, ""));
    gate.replace_credentials(&pair(&hash, ", enabled: false"));
    assert_eq!(connection.send(&request).code(), "credential_disabled");
    gate.replace_credentials(&pair(&hash, ""));
    assert_eq!(connection.send(&request).status, 200);
}

#[test]
fn a_disabled_token_is_refused_at_once() {
    InUse::bearer(&token("")).must_be_refused_after(&token(", enabled: false"), 401, "credential_disabled");
}

#[test]
fn a_token_that_was_reset_is_refused_at_once() {
    let other = token("").replace(&digest(TOKEN), &digest("planted-token-after-a-reset"));
    InUse::bearer(&token("")).must_be_refused_after(&other, 401, "credential_invalid");
}

#[test]
fn a_deleted_token_is_refused_at_once() {
    InUse::bearer(&token("")).must_be_refused_after(NONE, 401, "credential_invalid");
}

#[test]
fn a_token_of_an_account_without_access_is_refused_at_once() {
    InUse::bearer(&token("")).must_be_refused_after(&(token("") + ACCESS_OFF), 403, "access_off");
}

#[test]
fn an_expired_token_is_refused_at_once() {
    InUse::bearer(&token("")).must_be_refused_after(&token(EXPIRED), 401, "credential_expired");
}
