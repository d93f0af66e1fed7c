//! The set of usable credentials as the gate sees it.

use std::sync::Arc;

use crate::credential::{Credential, PasswordHash, TokenDigest};

/// Finds credentials. Answers at once and without allocating; absence is `None`.
pub trait Directory: Send + Sync {
    /// The credential whose token has this digest.
    fn find_token(&self, digest: &TokenDigest) -> Option<Arc<Credential>>;

    /// The Basic credential of this user name.
    fn find_username(&self, username: &str) -> Option<Arc<Credential>>;

    /// The credential with this id; for people and tools, not for requests.
    fn find_id(&self, id: &str) -> Option<Arc<Credential>>;

    /// A hash to verify against for a user name that nobody has. The same name always gets the same,
    /// and over all names they cost what the stored ones cost, so that time tells nothing.
    fn decoy(&self, username: &str) -> PasswordHash;
}
