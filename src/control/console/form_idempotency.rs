//! A form that is posted twice, by a double click, a reload or Back, takes effect once. Within a process every POST is
//! remembered here; operations that create something also keep the key in the database, for a fleet.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::control::operations::IdempotencyKey;

const MAX_KEYS: u64 = 50_000;
const KEY_LIFETIME: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone)]
pub(super) struct OnceKeys(Cache<String, Entry>);

type Entry = Arc<Mutex<Option<Done>>>;

/// A form that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Done {
    /// Digest of the request.
    request: [u8; 32],
    pub(super) at: Timestamp,
    /// Where its answer led; with the base path.
    pub(super) link: Option<String>,
}

/// Held while a form is executed. Another request with the same key waits. Without [`OnceGuard::record`], the key is
/// forgotten: requests that are refused take no place.
pub(super) struct OnceGuard {
    keys: OnceKeys,
    key: String,
    guard: OwnedMutexGuard<Option<Done>>,
    request: [u8; 32],
}

/// What a key was used for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Earlier {
    Nothing,
    /// The same form.
    Same(Done),
    /// Another form, or another input.
    Other,
}

impl OnceKeys {
    pub(super) fn new() -> Self {
        Self(
            Cache::builder()
                .max_capacity(MAX_KEYS)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(KEY_LIFETIME)
                .build(),
        )
    }

    /// Waits for a request with the same key.
    pub(super) async fn claim(&self, key: &IdempotencyKey) -> OnceGuard {
        loop {
            let entry = self.0.get_with_by_ref(&key.key, Arc::default);
            let guard = entry.clone().lock_owned().await;
            // Forgotten while this request waited.
            let is_current = self.0.get(&key.key).is_some_and(|current| Arc::ptr_eq(&current, &entry));
            if is_current {
                return OnceGuard { keys: self.clone(), key: key.key.clone(), guard, request: key.request };
            }
        }
    }
}

impl OnceGuard {
    pub(super) fn earlier(&self) -> Earlier {
        match &*self.guard {
            None => Earlier::Nothing,
            Some(done) if done.request == self.request => Earlier::Same(done.clone()),
            Some(_) => Earlier::Other,
        }
    }

    pub(super) fn record(mut self, at: Timestamp, link: Option<String>) {
        *self.guard = Some(Done { request: self.request, at, link });
    }
}

impl Drop for OnceGuard {
    fn drop(&mut self) {
        if self.guard.is_none() {
            self.keys.0.invalidate(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str, request: u8) -> IdempotencyKey {
        IdempotencyKey { key: key.into(), request: [request; 32] }
    }

    #[tokio::test]
    async fn a_form_is_executed_once() {
        let keys = OnceKeys::new();
        let first = keys.claim(&key("a", 1)).await;
        assert_eq!(first.earlier(), Earlier::Nothing);
        first.record(Timestamp::UNIX_EPOCH, Some("/x".into()));
        let Earlier::Same(done) = keys.claim(&key("a", 1)).await.earlier() else { panic!("it is repeated") };
        assert_eq!(done.link.as_deref(), Some("/x"));
        assert_eq!(keys.claim(&key("a", 2)).await.earlier(), Earlier::Other);
        assert_eq!(keys.claim(&key("b", 1)).await.earlier(), Earlier::Nothing);
    }

    #[tokio::test]
    async fn a_refused_form_may_be_sent_again_and_takes_no_place() {
        let keys = OnceKeys::new();
        drop(keys.claim(&key("a", 1)).await);
        keys.0.run_pending_tasks();
        assert_eq!(keys.0.entry_count(), 0);
        assert_eq!(keys.claim(&key("a", 2)).await.earlier(), Earlier::Nothing);
    }

    #[tokio::test]
    async fn a_form_that_waits_for_a_refused_one_is_executed_once() {
        let keys = OnceKeys::new();
        let refused = keys.claim(&key("a", 1)).await;
        let waiting = tokio::spawn({
            let keys = keys.clone();
            async move { keys.claim(&key("a", 1)).await.record(Timestamp::UNIX_EPOCH, None) }
        });
        tokio::task::yield_now().await;
        drop(refused);
        waiting.await.unwrap();
        assert!(matches!(keys.claim(&key("a", 1)).await.earlier(), Earlier::Same(_)));
    }
}
