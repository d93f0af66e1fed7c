//! People, and where they come in.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use claviger::auth::{HashPool, HashPoolSize, Throttle, ThrottleRules};
use claviger::clock::Clock;
use claviger::control::operations::{
    Caller, NewSetupLink, NewUser, OperationError, ProcessThrottle, SessionLimits, SignInContext, SignInError,
    SignedIn, create_user, sign_in, use_setup_link,
};
use claviger::credential::PlainPassword;
use claviger::store::{Actor, ActorKind, Role, UserRecord};

use tokio::sync::Mutex;

use super::Fixture;
use crate::store::test_database::{TestDatabase, label, noon};
use crate::support::eventually_async;

pub const PASSWORD: &str = "correct horse battery";

const RULES: ThrottleRules = ThrottleRules {
    free_per_pair: 3,
    free_per_address: 6,
    first_delay: Duration::from_secs(10),
    longest_delay: Duration::from_secs(300),
    window: Duration::from_secs(3600),
};

/// What a doorstep consists of, at noon.
pub struct House {
    pub(super) fixture: Fixture,
    pub clock: Clock,
    pub rules: Option<ThrottleRules>,
    hashes: HashPool,
    verified: Arc<AtomicUsize>,
    hold: Arc<Mutex<()>>,
    throttle: Throttle,
}

/// A user without a password, and the link that sets it.
pub struct Invited {
    pub record: UserRecord,
    pub link: NewSetupLink,
}

impl House {
    /// Without a throttle.
    pub fn new() -> Self {
        let verified = Arc::new(AtomicUsize::new(0));
        let size = HashPoolSize { threads: NonZeroUsize::new(2).unwrap(), queue: 100 };
        let hold = Arc::new(Mutex::new(()));
        let (count, held) = (verified.clone(), hold.clone());
        let observe = move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            drop(held.blocking_lock());
        };
        Self {
            fixture: Fixture::new(),
            clock: Clock::manual(noon()),
            rules: None,
            hashes: HashPool::start(size, observe).unwrap(),
            verified,
            hold,
            throttle: Throttle::default(),
        }
    }

    /// Where they are counted.
    pub fn throttled() -> Self {
        Self { rules: Some(RULES), ..Self::new() }
    }

    /// Slow hashes so far.
    pub fn hashed(&self) -> usize {
        self.verified.load(Ordering::SeqCst)
    }

    /// Does something after the next slow hash, and before anybody hears of it.
    pub async fn meanwhile(&self, work: impl AsyncFnOnce()) {
        let (held, before) = (self.hold.lock().await, self.hashed());
        eventually_async("a hash is computed", async || self.hashed() > before).await;
        work().await;
        drop(held);
    }

    pub fn at<'h>(&'h self, bed: &'h TestDatabase) -> SignInContext<'h> {
        self.from(bed, Ipv4Addr::new(192, 0, 2, 1).into())
    }

    pub fn from<'h>(&'h self, bed: &'h TestDatabase, address: IpAddr) -> SignInContext<'h> {
        SignInContext {
            store: &bed.store,
            clock: &self.clock,
            hashes: &self.hashes,
            throttle: &self.throttle,
            rules: self.rules,
            limits: SessionLimits::default(),
            address,
            request_id: Some("r-1"),
        }
    }

    /// Where wrong passwords are counted.
    pub fn throttle_now(&self) -> ProcessThrottle<'_> {
        ProcessThrottle { throttle: &self.throttle, now: self.clock.steady() }
    }

    /// A user without a password, created at the shell.
    pub async fn invited(&self, bed: &TestDatabase, email: &str, role: Role) -> Invited {
        let account = (role != Role::Staff).then(|| label("acme"));
        let new = NewUser { role, account, email: email.into(), name: None };
        let created = create_user(&self.fixture.call(bed, self.clock.now()), new).await.unwrap().fresh().unwrap();
        Invited { record: created.record, link: created.link.expect("no mail is set") }
    }

    /// A user who can sign in with [`PASSWORD`].
    pub async fn person(&self, bed: &TestDatabase, email: &str, role: Role) -> UserRecord {
        let link = self.invited(bed, email, role).await.link;
        use_setup_link(&self.at(bed), link.ticket.reveal(), plain(PASSWORD), None).await.unwrap()
    }

    pub async fn sign_in(
        &self,
        bed: &TestDatabase,
        email: &str,
        password: &str,
    ) -> Result<SignedIn, OperationError<SignInError>> {
        sign_in(&self.at(bed), email, plain(password)).await
    }
}

pub fn plain(password: &str) -> PlainPassword {
    PlainPassword::new(password.as_bytes())
}

/// A user of acme, or of the staff, as they come out of a session.
pub fn user(role: Role) -> Caller {
    let account = (role != Role::Staff).then(|| label("acme"));
    let actor = Actor { kind: ActorKind::User, id: "usr_x".into(), request_id: None, address: None };
    Caller { actor, role, account, user: Some(label("usr_x")) }
}

/// Verbs of the audit of a user, the newest first.
pub async fn verbs(bed: &TestDatabase, id: &str) -> Vec<String> {
    let audit = bed.store.audit_of("user", id, 50).await.unwrap();
    audit.into_iter().map(|line| line.verb).collect()
}

/// How many lines of the audit, or of what is beside it in plain, have this in them.
pub async fn found_in_texts(bed: &TestDatabase, secret: &str) -> i64 {
    let secret = secret.replace('\'', "''");
    let audit = format!(
        "SELECT COUNT(*) FROM audit WHERE COALESCE(before_it, '') || ' ' || COALESCE(after_it, '') || ' ' || target
            || ' ' || actor || ' ' || COALESCE(request_id, '') LIKE '%{secret}%'"
    );
    let users = format!("SELECT COUNT(*) FROM users WHERE COALESCE(password_hash, '') || email LIKE '%{secret}%'");
    bed.ask(&audit).await + bed.ask(&users).await
}
