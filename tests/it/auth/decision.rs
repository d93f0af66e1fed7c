//! A decision without a gateway: the same parts, in the same order.

use std::future::Future;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use claviger::auth::{
    Accept, Admission, AuthOutcome, Authenticator, Directory, HashPool, HashPoolSize, Network, PasswordCache,
    PendingPassword, Presented, Rejection, RequestedVersion, RouteRequest, Rules, Target,
};
use claviger::credential::{
    PublicCredential, PublicRoute, RouteRule, ScopeCatalog, TokenFormat, Version, VersionCatalog, VersionRule,
    WhenUnstated,
};
use claviger::formats::credentials_file;
use claviger::source::FileSet;
use http::{HeaderMap, HeaderName, Method};

#[derive(Debug, Clone)]
pub(crate) struct TestRequest {
    pub method: Method,
    pub target: &'static str,
    pub headers: HeaderMap,
    pub address: IpAddr,
    pub now: jiff::Timestamp,
}

impl TestRequest {
    fn call(&self, rules: &Rules) -> Result<(Target<'_>, RouteRequest<'_>), Rejection> {
        let target = Target::parse(self.target.as_bytes(), rules.path_rules())?;
        let stated = RequestedVersion::read(&rules.versions, target, &self.headers)?;
        let (path, version, address) = (stated.path, stated.version, Some(self.address));
        Ok((target, RouteRequest { method: &self.method, path, version, address, now: self.now }))
    }
}

/// Rules and credentials, which the gateway swaps together.
pub(crate) struct LiveSettings {
    pub rules: Rules,
    pub set: Arc<FileSet>,
}

/// Three versions, of which the first is retired in July 2026; two scopes.
pub(crate) fn rules() -> Rules {
    let version = |name: &str, retired: Option<&str>| Version {
        name: name.parse().unwrap(),
        deprecated_on: None,
        sunset_on: None,
        retired_on: retired.map(|date| date.parse().unwrap()),
        link: None,
    };
    let rule = |method, path: &str| RouteRule { methods: [method].into(), path: path.parse().unwrap() };
    Rules {
        accept: Accept {
            bearer: true,
            basic: true,
            api_key_header: Some(HeaderName::from_static("x-api-key")),
            api_key_query: Some("api_key".into()),
            ..Accept::default()
        },
        token_format: TokenFormat::default(),
        versions: VersionCatalog {
            path: Some("/v{version}/".parse().unwrap()),
            header: Some(HeaderName::from_static("x-api-version")),
            rule: VersionRule::UpTo,
            when_unstated: WhenUnstated::UsePin,
            known: vec![version("1", Some("2026-07-01")), version("2", None), version("3", None)],
        },
        scopes: ScopeCatalog::new(vec![
            ("pay".parse().unwrap(), [rule(Method::POST, "/payments")].into()),
            ("look".parse().unwrap(), [rule(Method::GET, "/")].into()),
        ]),
        public: [PublicRoute { rule: rule(Method::GET, "/events"), credential: PublicCredential::Ignored }].into(),
        upgrades: Box::default(),
        path_exceptions: Box::default(),
        origins: None,
    }
}

/// The credentials of a file, under these rules.
pub(crate) fn in_force(rules: Rules, credentials: &str) -> LiveSettings {
    let reading = credentials_file::read(credentials, &rules.versions, &rules.scopes);
    let set = reading.unwrap_or_else(|faults| panic!("{faults}")).set;
    LiveSettings { rules, set: Arc::new(set.into()) }
}

/// With empty caches.
pub(crate) fn authenticator() -> Authenticator {
    let size = HashPoolSize { threads: NonZeroUsize::MIN, queue: 8 };
    Authenticator::new(PasswordCache::new(100).unwrap(), HashPool::start(size, |_| {}).unwrap())
}

/// From a request to its decision, as in the proxy. `load` returns the settings in force at the time of the call.
pub(crate) fn decide(
    authenticator: &Authenticator,
    load: impl Fn() -> Arc<LiveSettings>,
    asked: &TestRequest,
) -> Result<Admission, Rejection> {
    let begun = load();
    let rules = &begun.rules;
    let (target, call) = asked.call(rules)?;
    if rules.public_credential(&call).is_some() {
        return rules.admit_public(&call);
    }
    let presented = Presented::read(&rules.accept, &asked.headers, target.query)?;
    let presented = presented.ok_or(Rejection::CredentialMissing)?;
    let from = Some(Network::of(asked.address));
    match authenticator.lookup(&rules.token_format, &*begun.set, &presented, from) {
        AuthOutcome::Authenticated(credential) => rules.admit(credential, &call),
        AuthOutcome::Rejected(rejection) => Err(rejection),
        AuthOutcome::NeedsFetch(_) => panic!("a file never needs a fetch"),
        AuthOutcome::Pending(pending) => decide_later(authenticator, load, asked, *pending),
    }
}

/// After a slow hash, by the settings in force then.
fn decide_later(
    authenticator: &Authenticator,
    load: impl Fn() -> Arc<LiveSettings>,
    asked: &TestRequest,
    pending: PendingPassword,
) -> Result<Admission, Rejection> {
    let mut ended = None;
    let current = || {
        let current = load();
        let directory: Arc<dyn Directory> = current.set.clone();
        ended = Some(current);
        directory
    };
    let credential = wait(authenticator.verify(pending, current))?;
    let ended = ended.ok_or(Rejection::DirectoryUnavailable)?;
    let (target, call) = asked.call(&ended.rules)?;
    if ended.rules.public_credential(&call).is_some() {
        return ended.rules.admit_public(&call);
    }
    match Presented::read(&ended.rules.accept, &asked.headers, target.query)? {
        Some(Presented::Password(_)) => ended.rules.admit(credential, &call),
        Some(Presented::Token { .. }) | None => Err(Rejection::CredentialMissing),
    }
}

/// Waits without handing the thread to anybody: no executor, so that shuttle's threads can do it too.
fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}
