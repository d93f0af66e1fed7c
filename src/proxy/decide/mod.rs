//! From a request to a decision: the same steps for the gate and for forward-auth.

pub(in crate::proxy) mod admitted;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::HeaderValue;

use self::admitted::Admitted;
use super::Policy;
use super::request::auth_request::AuthRequest;
use crate::auth::{
    Admission, Attempt, AuthOutcome, Authenticator, NeedsFetch, Network, PendingPassword, Presented, RateStatus,
    Rejection, Scheme, Throttle,
};
use crate::clock::Clock;
use crate::credential::{Credential, PublicCredential};
use crate::telemetry::{AllowReason, Metrics};

/// What decides about requests. Clones share their state.
#[derive(Clone)]
pub struct Decider {
    /// In force now; a reload swaps it.
    pub policy: Arc<ArcSwap<Policy>>,
    pub authenticator: Arc<Authenticator>,
    pub throttle: Arc<Throttle>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
}

/// The verdict on a request, and what was established on the way to it.
pub(in crate::proxy) struct Decision {
    pub(in crate::proxy) verdict: Result<Admitted, Rejection>,
    pub(in crate::proxy) facts: Facts,
    /// The policy that the verdict is by; after a slow hash, the one that was in force then.
    pub(in crate::proxy) policy: Arc<Policy>,
    /// From the head of the request to the verdict.
    pub(in crate::proxy) time: Duration,
}

/// What is established about a caller, whatever the verdict.
pub(in crate::proxy) struct Facts {
    pub(in crate::proxy) client: Option<IpAddr>,
    pub(in crate::proxy) scheme: Scheme,
    /// The credential whose secret was presented.
    pub(in crate::proxy) recognised: Option<Arc<Credential>>,
    /// `None` where the credential has no limit.
    pub(in crate::proxy) rate_status: Option<RateStatus>,
}

/// How far a decision gets without waiting.
enum Step {
    Decided(Result<Admission, Rejection>),
    NeedsFetch(NeedsFetch),
    NeedsHash(Box<PendingPassword>, Option<Attempt>),
}

impl Facts {
    fn new(client: Option<IpAddr>) -> Self {
        Self { client, scheme: Scheme::None, recognised: None, rate_status: None }
    }
}

impl Decider {
    /// Decides by `policy`, and counts the decision.
    pub(in crate::proxy) async fn decide(&self, mut policy: Arc<Policy>, request: &AuthRequest<'_>) -> Decision {
        let mut facts = Facts::new(request.origin.client);
        let admission = match self.step(&policy, request, &mut facts, None) {
            Step::Decided(admission) => admission,
            // Boxed, so that the many requests that wait for nothing stay small.
            later => Box::pin(self.wait(&mut policy, request, &mut facts, later)).await,
        };
        let admission = admission.and_then(|admission| {
            self.permit_tunnel(&policy, request)?;
            self.count_use(&policy, request, admission, &mut facts)
        });
        let time = request.started.elapsed();
        self.metrics.auth_duration.observe(time.as_secs_f64());
        let verdict = match admission {
            Ok(admission) => {
                let reason = if admission.credential.is_some() { AllowReason::Admitted } else { AllowReason::Public };
                self.metrics.admitted(facts.scheme as usize, reason);
                Ok(Admitted::new(admission))
            }
            Err(rejection) => Err(self.count_refusal(rejection, facts.scheme)),
        };
        Decision { verdict, facts, policy, time }
    }

    /// Decides about a preflight, which needs no credential and is answered by the gate; `None` for any other request.
    pub(in crate::proxy) fn preflight(
        &self,
        policy: &Policy,
        request: &AuthRequest<'_>,
    ) -> Option<Result<HeaderValue, Rejection>> {
        let verdict = policy.rules.origins.as_ref()?.preflight(request.method, request.headers)?;
        let verdict = request.read(policy, self.clock.now()).and_then(|_| verdict.cloned());
        if verdict.is_ok() {
            self.metrics.admitted(Scheme::None as usize, AllowReason::Preflight);
        }
        Some(verdict)
    }

    /// Refuses a request whose credential is not looked at, and counts that.
    pub(in crate::proxy) fn refuse(
        &self,
        policy: Arc<Policy>,
        client: Option<IpAddr>,
        rejection: Rejection,
    ) -> Decision {
        let facts = Facts::new(client);
        let verdict = Err(self.count_refusal(rejection, facts.scheme));
        Decision { verdict, facts, policy, time: Duration::ZERO }
    }

    fn count_refusal(&self, rejection: Rejection, scheme: Scheme) -> Rejection {
        self.metrics.refused(scheme as usize, rejection.index());
        if matches!(rejection, Rejection::GuessesThrottled(_)) {
            self.metrics.guesses_throttled.inc();
        }
        rejection
    }

    /// Upgrades need a permission of their own, because traffic inside a WebSocket is not checked.
    fn permit_tunnel(&self, policy: &Policy, request: &AuthRequest) -> Result<(), Rejection> {
        if !request.is_tunnel {
            return Ok(());
        }
        policy.rules.permit_upgrade(&request.read(policy, self.clock.now())?.route())
    }

    /// Last, so that only requests that would pass use up a credential's rate.
    fn count_use(
        &self,
        policy: &Policy,
        request: &AuthRequest,
        admission: Admission,
        facts: &mut Facts,
    ) -> Result<Admission, Rejection> {
        let Some(credential) = &admission.credential else { return Ok(admission) };
        facts.rate_status = policy.rate_limiters.count(credential, || self.clock.steady());
        match facts.rate_status.and_then(|status| status.retry_after) {
            Some(delay) => Err(Rejection::RateLimited(delay)),
            None => {
                policy.directory.note_use(credential, facts.client, request.received_at);
                Ok(admission)
            }
        }
    }

    /// `fetched` is the outcome of the directory's look-up where one was needed.
    fn step(&self, policy: &Policy, request: &AuthRequest, facts: &mut Facts, fetched: Option<AuthOutcome>) -> Step {
        // Before it has waited for anything, a request is decided at the time that it arrived.
        let now = if fetched.is_some() { self.clock.now() } else { request.received_at };
        let parsed = match request.read(policy, now) {
            Ok(parsed) => parsed,
            Err(rejection) => return Step::Decided(Err(rejection)),
        };
        let route = parsed.route();
        let public = policy.rules.public_credential(&route);
        if public == Some(PublicCredential::Ignored) {
            return Step::Decided(policy.rules.admit_public(&route));
        }
        // Not moved: decoded Basic credentials are large.
        let read = parsed.presented(policy);
        let presented = match &read {
            Ok(Some(presented)) => presented,
            Ok(None) if public.is_some() => return Step::Decided(policy.rules.admit_public(&route)),
            Ok(None) => return Step::Decided(Err(Rejection::CredentialMissing)),
            Err(rejection) => return Step::Decided(Err(*rejection)),
        };
        facts.scheme = presented.scheme();
        let throttled = policy.throttle.zip(request.origin.network);
        let network = throttled.map(|(_, network)| network);
        let (format, directory) = (&policy.rules.token_format, &*policy.directory);
        let outcome = fetched.unwrap_or_else(|| self.authenticator.lookup(format, directory, presented, network));
        let attempt = match (outcome, throttled) {
            (AuthOutcome::NeedsFetch(unresolved), _) => return Step::NeedsFetch(unresolved),
            (AuthOutcome::Authenticated(credential), _) => {
                let outcome = self.check_throttle(presented, network);
                return Step::Decided(outcome.and_then(|()| {
                    facts.recognised = Some(credential.clone());
                    policy.rules.admit(credential, &route)
                }));
            }
            // Where the directory cannot answer, the secret was not found to be wrong.
            (AuthOutcome::Rejected(rejection), None)
            | (AuthOutcome::Rejected(rejection @ Rejection::DirectoryUnavailable), _) => {
                return Step::Decided(Err(rejection));
            }
            (AuthOutcome::Rejected(rejection), Some((rules, network))) => {
                self.throttle.wrong_token(&rules, network, self.clock.steady()).and(Ok(Err(rejection)))
            }
            (AuthOutcome::Pending(pending), None) => return Step::NeedsHash(pending, None),
            (AuthOutcome::Pending(pending), Some((rules, network))) => self
                .throttle
                .begin(
                    &rules,
                    network,
                    pending.username(),
                    pending.is_known(),
                    pending.stored_hash(),
                    self.clock.steady(),
                )
                .map(|attempt| Ok((pending, attempt))),
        };
        match attempt {
            Ok(Ok((pending, attempt))) => Step::NeedsHash(pending, Some(attempt)),
            Ok(Err(rejection)) => Step::Decided(Err(rejection)),
            Err(delay) => Step::Decided(Err(Rejection::GuessesThrottled(delay))),
        }
    }

    /// Valid tokens are never throttled. A cached valid password is refused while its user name is blocked for this
    /// network.
    fn check_throttle(&self, presented: &Presented, network: Option<Network>) -> Result<(), Rejection> {
        let Presented::Password(basic) = presented else { return Ok(()) };
        if let Some(network) = network {
            let outcome = self.throttle.check_pair(network, basic.username(), self.clock.steady());
            outcome.map_err(Rejection::GuessesThrottled)?;
        }
        self.metrics.password_hits.inc();
        Ok(())
    }

    /// Waits for the directory, for a slow hash, or for both.
    async fn wait(
        &self,
        policy: &mut Arc<Policy>,
        request: &AuthRequest<'_>,
        facts: &mut Facts,
        step: Step,
    ) -> Result<Admission, Rejection> {
        let step = match step {
            Step::NeedsFetch(unresolved) => {
                let fetched = self.authenticator.resolve(&*policy.directory, unresolved).await;
                self.step(policy, request, facts, Some(fetched))
            }
            other => other,
        };
        match step {
            Step::Decided(admission) => admission,
            // A request fetches at most once, or it could loop.
            Step::NeedsFetch(_) => Err(Rejection::DirectoryUnavailable),
            Step::NeedsHash(pending, attempt) => self.verify(policy, request, facts, *pending, attempt).await,
        }
    }

    /// Waits for a slow hash, then decides anew by the policy that is in force afterwards: it may have changed, down
    /// to whether Basic is accepted.
    async fn verify(
        &self,
        policy: &mut Arc<Policy>,
        request: &AuthRequest<'_>,
        facts: &mut Facts,
        pending: PendingPassword,
        attempt: Option<Attempt>,
    ) -> Result<Admission, Rejection> {
        self.metrics.password_misses.inc();
        let wrong = pending.rejection();
        let mut in_force = None;
        let current = || {
            let policy = self.policy.load_full();
            let directory = policy.directory.clone();
            in_force = Some(policy);
            directory
        };
        let verified = self.authenticator.verify(pending, current).await;
        if let Some(attempt) = attempt {
            match verified {
                Ok(_) => self.throttle.right(&attempt),
                Err(Rejection::CredentialInvalid) => self.throttle.wrong(attempt, self.clock.steady()),
                Err(_) => self.throttle.undecided(&attempt),
            }
        }
        let credential = verified.map_err(|rejection| match rejection {
            Rejection::CredentialInvalid => wrong,
            other => other,
        })?;
        *policy = in_force.ok_or(Rejection::DirectoryUnavailable)?;
        facts.recognised = Some(credential.clone());
        let parsed = request.read(policy, self.clock.now())?;
        let route = parsed.route();
        if policy.rules.public_credential(&route) == Some(PublicCredential::Ignored) {
            return policy.rules.admit_public(&route);
        }
        match parsed.presented(policy)? {
            // The same bytes as before, so the same username and password.
            Some(Presented::Password(_)) => policy.rules.admit(credential, &route),
            Some(Presented::Token { .. }) | None => Err(Rejection::CredentialMissing),
        }
    }
}
