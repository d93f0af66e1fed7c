use super::*;
use crate::auth::{Accept, HashPoolSize};
use crate::credential::{Account, StoredSecret};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};
use std::num::NonZeroUsize;
use std::sync::Barrier;

/// The hashes of `correct horse` and `x`.
const HASHES: [&str; 2] = ["{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", "{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI="];

/// A directory of at most one user.
#[derive(Default)]
struct One(Option<Arc<Credential>>);

impl One {
    fn with(hash: &str) -> Arc<dyn Directory> {
        Arc::new(Self(Some(Arc::new(Credential::unrestricted(
            "one".parse().unwrap(),
            Account { id: "acme".parse().unwrap(), access: true }.into(),
            StoredSecret::Password { username: "anna".into(), hash: hash.parse().unwrap() },
        )))))
    }
}

#[async_trait]
impl Directory for One {
    fn find_token(&self, _: &TokenDigest) -> Lookup {
        Lookup::Absent
    }

    fn find_username(&self, username: &str) -> Lookup {
        let found = self.0.clone().filter(|credential| credential.username() == Some(username));
        found.map_or(Lookup::Absent, Lookup::Found)
    }

    async fn fetch(&self, _: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable> {
        Err(Unavailable)
    }

    fn dummy_hash(&self, _: &str) -> PasswordHash {
        HASHES[0].parse().unwrap()
    }
}

fn authenticator() -> Authenticator {
    let size = HashPoolSize { threads: NonZeroUsize::MIN, queue: 8 };
    Authenticator::new(PasswordCache::new(10).unwrap(), HashPool::start(size, |_| {}).unwrap())
}

fn lookup(authenticator: &Authenticator, directory: &dyn Directory, pair: &str) -> AuthOutcome {
    let accept = Accept { bearer: false, basic: true, ..Accept::default() };
    let mut headers = HeaderMap::new();
    let value = format!("Basic {}", STANDARD.encode(pair));
    headers.insert("authorization", HeaderValue::from_str(&value).unwrap());
    let presented = Presented::read(&accept, &headers, None).unwrap().unwrap();
    authenticator.lookup(&TokenFormat::default(), directory, &presented, None)
}

fn pending(outcome: AuthOutcome) -> PendingPassword {
    match outcome {
        AuthOutcome::Pending(pending) => *pending,
        AuthOutcome::Authenticated(_) | AuthOutcome::Rejected(_) | AuthOutcome::NeedsFetch(_) => {
            panic!("a pair that was never verified is not pending")
        }
    }
}

#[tokio::test]
async fn a_verified_pair_is_cached() {
    let (authenticator, directory) = (authenticator(), One::with(HASHES[0]));
    let first = pending(lookup(&authenticator, &*directory, "anna:correct horse"));
    assert_eq!((first.username(), first.is_known()), ("anna", true));
    let verified = authenticator.verify(first, || directory.clone()).await.unwrap();
    assert_eq!(verified.id.as_str(), "one");
    assert!(matches!(lookup(&authenticator, &*directory, "anna:correct horse"), AuthOutcome::Authenticated(_)));
    let wrong = pending(lookup(&authenticator, &*directory, "anna:wrong"));
    let outcome = authenticator.verify(wrong, || directory.clone()).await;
    assert_eq!(outcome.map(|_| ()), Err(Rejection::CredentialInvalid));
}

/// Even if the password matches the dummy hash.
#[tokio::test]
async fn an_unknown_user_name_is_never_authenticated() {
    let (authenticator, directory) = (authenticator(), One::with(HASHES[0]));
    let unknown = pending(lookup(&authenticator, &*directory, "stranger:correct horse"));
    assert_eq!((unknown.username(), unknown.is_known()), ("stranger", false));
    let outcome = authenticator.verify(unknown, || directory.clone()).await;
    assert_eq!(outcome.map(|_| ()), Err(Rejection::CredentialInvalid));
}

#[tokio::test]
async fn a_change_during_the_hash_takes_effect() {
    for after in [One::with(HASHES[1]), Arc::new(One::default())] {
        let (authenticator, before) = (authenticator(), One::with(HASHES[0]));
        let right = pending(lookup(&authenticator, &*before, "anna:correct horse"));
        let outcome = authenticator.verify(right, || after.clone()).await;
        assert_eq!(outcome.map(|_| ()), Err(Rejection::CredentialInvalid));
        // The cached verdict does not match either.
        pending(lookup(&authenticator, &*after, "anna:correct horse"));
    }
}

#[tokio::test]
async fn queue_depth_counts_waiting_passwords() {
    let step = Arc::new(Barrier::new(2));
    let stop = step.clone();
    let size = HashPoolSize { threads: NonZeroUsize::MIN, queue: 8 };
    let observe = move |_| {
        stop.wait();
        stop.wait();
    };
    let pool = HashPool::start(size, observe).unwrap();
    let authenticator = Arc::new(Authenticator::new(PasswordCache::new(10).unwrap(), pool));
    let directory = One::with(HASHES[0]);
    let queued = [(); 4].map(|()| {
        let (authenticator, directory) = (authenticator.clone(), directory.clone());
        let wrong = pending(lookup(&authenticator, &*directory, "anna:wrong"));
        tokio::spawn(async move { authenticator.verify(wrong, || directory).await.is_err() })
    });
    tokio::task::yield_now().await;
    for waiting in (0..4).rev() {
        step.wait();
        assert_eq!(authenticator.queue_depth(), waiting);
        step.wait();
    }
    for outcome in queued {
        assert!(outcome.await.unwrap());
    }
}
