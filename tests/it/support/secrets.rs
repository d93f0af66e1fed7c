//! Secrets that are planted in requests and must be found in no output.

use claviger::credential::TokenDigest;

/// The token of `acme-billing`: one that some API had in use already.
pub const TOKEN: &str = "planted-token-4f1d0c8e2b";
/// The token of `acme-disabled`.
pub const DISABLED_TOKEN: &str = "planted-token-of-a-disabled-one";
/// The password of user `acme`; holds a colon.
pub const PASSWORD: &str = "planted:password";
/// Its hash, cheap to verify so that tests are quick; `slow_hash` is what production has.
pub const PASSWORD_HASH: &str = "{SHA}JNIxpH9fPHVaL3Ek97l81PtpLZY=";

/// `sha256:…` of a token.
pub fn digest(token: &str) -> String {
    TokenDigest::of(token.as_bytes()).to_string()
}

/// An argon2id hash with the parameters of production.
pub fn slow_hash(password: &str) -> String {
    use claviger::credential::{PasswordHash, PlainPassword};
    PasswordHash::of(&PlainPassword::new(password.as_bytes())).unwrap().as_str().to_owned()
}

/// A credentials file: `acme-billing` (token), `acme-nightly` (user acme), `acme-disabled` (token).
pub fn credentials() -> String {
    format!(
        "credentials:
  - {{id: acme-billing, account: acme, token: '{}'}}
  - {{id: acme-nightly, account: acme, username: acme, password: '{PASSWORD_HASH}'}}
  - {{id: acme-disabled, account: acme, token: '{}', enabled: false}}
",
        digest(TOKEN),
        digest(DISABLED_TOKEN)
    )
}
