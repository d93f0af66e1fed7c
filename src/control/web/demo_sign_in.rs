//! One-time links of `claviger demo`, which sign in without a password.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::credential::{Label, PlainLinkToken, TokenDigest};

/// The users of unused links, by the digest of the link's token. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct DemoSignInLinks(Arc<Mutex<HashMap<TokenDigest, Label>>>);

impl DemoSignInLinks {
    pub fn add(&self, token: &PlainLinkToken, user: Label) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.digest(), user);
    }

    /// The user of an unused link.
    pub(crate) fn user(&self, presented: &str) -> Option<Label> {
        let digest = PlainLinkToken::presented(presented)?.digest();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned()
    }

    /// Where signing in has failed for another reason than the link.
    pub(crate) fn put_back(&self, presented: &str, user: Label) {
        if let Some(token) = PlainLinkToken::presented(presented) {
            self.add(&token, user);
        }
    }

    /// The same, for the last time.
    pub(crate) fn take(&self, presented: &str) -> Option<Label> {
        let digest = PlainLinkToken::presented(presented)?.digest();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest)
    }
}
