//! From the question to the verdict: one way, whoever asks.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::auth_request::AuthRequest;
use super::context::Context;
use crate::auth::{
    Admission, Attempt, AuthOutcome, Authenticator, NeedsFetch, Network, PendingPassword, Presented, Rejection,
    Throttle,
};
use crate::clock::Clock;
use crate::proxy::Policy;
use crate::telemetry::Metrics;

/// Everything that decides. Cheap to clone; clones decide as one.
#[derive(Clone)]
pub struct Decider {
    /// What is in force; swapped by a reload.
    pub policy: Arc<ArcSwap<Policy>>,
    /// Proves credentials.
    pub authenticator: Arc<Authenticator>,
    /// Counts wrong guesses.
    pub throttle: Arc<Throttle>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Tells the time of decisions.
    pub clock: Clock,
}

/// What became of a request so far.
enum Quick {
    Final(Result<Admission, Rejection>),
    NeedsFetch(NeedsFetch),
    Pending(Box<PendingPassword>, Option<Attempt>),
}

impl Decider {
    /// Decides, and counts what was decided. `policy` is what the request began with.
    ///
    /// # Errors
    /// Why not. Nothing may be forwarded then.
    pub(in crate::proxy) async fn judge(
        &self,
        policy: &Arc<Policy>,
        question: &AuthRequest<'_>,
        context: &mut Context,
    ) -> Result<(), Rejection> {
        context.client = question.whence.client;
        let verdict = self.verdict(policy, question, context).await;
        context.decided_in = context.started.elapsed();
        self.metrics.auth_duration.observe(context.decided_in.as_secs_f64());
        match verdict {
            Ok(admission) => {
                self.metrics.admitted(context.scheme as usize, admission.credential.is_none());
                context.admission = Some(admission);
                Ok(())
            }
            Err(rejection) => Err(self.refuse(rejection, context)),
        }
    }

    /// Counts that a request is refused.
    pub(in crate::proxy) fn refuse(&self, rejection: Rejection, context: &mut Context) -> Rejection {
        self.metrics.refused(context.scheme as usize, rejection.index());
        if matches!(rejection, Rejection::GuessesThrottled(_)) {
            self.metrics.guesses_throttled.inc();
        }
        context.rejection = Some(rejection);
        context.status = rejection.status().as_u16();
        rejection
    }

    async fn verdict(
        &self,
        policy: &Arc<Policy>,
        question: &AuthRequest<'_>,
        context: &mut Context,
    ) -> Result<Admission, Rejection> {
        let verdict = match self.decide(policy, question, context, None) {
            Quick::Final(verdict) => verdict,
            // Boxed, so that the many requests that wait for nothing stay small.
            later => Box::pin(self.decide_later(policy, question, context, later)).await,
        };
        let admission = verdict?;
        self.allow_tunnel(question, context)?;
        self.count(admission, context)
    }

    /// Whoever may call may not therefore have a tunnel: what goes through it is never looked at.
    fn allow_tunnel(&self, question: &AuthRequest, context: &Context) -> Result<(), Rejection> {
        if !question.is_tunnel {
            return Ok(());
        }
        let policy = context.policy.as_ref().ok_or(Rejection::DirectoryUnavailable)?;
        policy.rules.permit_upgrade(&question.read(policy, self.clock.now())?.call())
    }

    /// Last, so that only requests that would pass use a credential's rate up.
    fn count(&self, admission: Admission, context: &mut Context) -> Result<Admission, Rejection> {
        let (Some(credential), Some(policy)) = (&admission.credential, &context.policy) else { return Ok(admission) };
        context.standing = policy.meters.count(credential, self.clock.steady());
        match context.standing.and_then(|standing| standing.retry_after) {
            Some(seconds) => Err(Rejection::RateLimited(seconds)),
            None => {
                policy.directory.note_use(credential, context.client, context.arrived);
                Ok(admission)
            }
        }
    }

    /// `settled` is what the directory said where it had to be asked.
    fn decide(
        &self,
        policy: &Policy,
        question: &AuthRequest,
        context: &mut Context,
        settled: Option<AuthOutcome>,
    ) -> Quick {
        let facts = match question.read(policy, self.clock.now()) {
            Ok(facts) => facts,
            Err(rejection) => return Quick::Final(Err(rejection)),
        };
        let call = facts.call();
        if policy.rules.is_public(&call) {
            return Quick::Final(policy.rules.admit_public(&call));
        }
        // Not moved: a decoded pair is large.
        let read = facts.presented(policy);
        let presented = match &read {
            Ok(Some(presented)) => presented,
            Ok(None) => return Quick::Final(Err(Rejection::CredentialMissing)),
            Err(rejection) => return Quick::Final(Err(*rejection)),
        };
        context.scheme = presented.scheme();
        let throttled = policy.throttle.zip(question.whence.network);
        let from = throttled.map(|(_, network)| network);
        let (format, directory) = (&policy.rules.token_format, &*policy.directory);
        let recognised = settled.unwrap_or_else(|| self.authenticator.lookup(format, directory, presented, from));
        let guessed = match (recognised, throttled) {
            (AuthOutcome::NeedsFetch(unsettled), _) => return Quick::NeedsFetch(unsettled),
            (AuthOutcome::Authenticated(credential), _) => {
                let outcome = self.known(presented, from);
                return Quick::Final(outcome.and_then(|()| {
                    context.recognised = Some(credential.clone());
                    policy.rules.admit(credential, &call)
                }));
            }
            // Nobody has guessed anything where nobody can tell.
            (AuthOutcome::Rejected(rejection), None)
            | (AuthOutcome::Rejected(rejection @ Rejection::DirectoryUnavailable), _) => {
                return Quick::Final(Err(rejection));
            }
            (AuthOutcome::Rejected(rejection), Some((rules, network))) => {
                self.throttle.wrong_token(&rules, network, self.clock.steady()).and(Ok(Err(rejection)))
            }
            (AuthOutcome::Pending(pending), None) => return Quick::Pending(pending, None),
            (AuthOutcome::Pending(pending), Some((rules, network))) => self
                .throttle
                .begin(&rules, network, pending.username(), pending.is_known(), self.clock.steady())
                .map(|guess| Ok((pending, guess))),
        };
        match guessed {
            Ok(Ok((pending, guess))) => Quick::Pending(pending, Some(guess)),
            Ok(Err(rejection)) => Quick::Final(Err(rejection)),
            Err(seconds) => Quick::Final(Err(Rejection::GuessesThrottled(seconds))),
        }
    }

    /// A token is right whatever else came from the same address. A pair is only as long as nobody there is
    /// guessing at its user.
    fn known(&self, presented: &Presented, from: Option<Network>) -> Result<(), Rejection> {
        let Presented::Password(pair) = presented else { return Ok(()) };
        if let Some(network) = from {
            let outcome = self.throttle.check_pair(network, pair.username(), self.clock.steady());
            outcome.map_err(Rejection::GuessesThrottled)?;
        }
        self.metrics.password_hits.inc();
        Ok(())
    }

    /// Asks the directory where it did not know, and waits for a slow hash where one is needed.
    async fn decide_later(
        &self,
        policy: &Policy,
        question: &AuthRequest<'_>,
        context: &mut Context,
        later: Quick,
    ) -> Result<Admission, Rejection> {
        let later = match later {
            Quick::NeedsFetch(unsettled) => {
                let settled = self.authenticator.resolve(&*policy.directory, unsettled).await;
                self.decide(policy, question, context, Some(settled))
            }
            other => other,
        };
        match later {
            Quick::Final(verdict) => verdict,
            // What was settled is settled.
            Quick::NeedsFetch(_) => Err(Rejection::DirectoryUnavailable),
            Quick::Pending(pending, guess) => self.verify(question, context, *pending, guess).await,
        }
    }

    /// Waits for a slow hash, then decides anew by what is in force afterwards: the policy may have
    /// changed meanwhile, down to whether pairs are accepted at all.
    async fn verify(
        &self,
        question: &AuthRequest<'_>,
        context: &mut Context,
        pending: PendingPassword,
        guess: Option<Attempt>,
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
        if let Some(guess) = guess {
            match verified {
                Ok(_) => self.throttle.right(&guess),
                Err(Rejection::CredentialInvalid) => self.throttle.wrong(guess, self.clock.steady()),
                Err(_) => self.throttle.undecided(&guess),
            }
        }
        let credential = verified.map_err(|rejection| match rejection {
            Rejection::CredentialInvalid => wrong,
            other => other,
        })?;
        let policy: Arc<Policy> = in_force.ok_or(Rejection::DirectoryUnavailable)?;
        context.policy = Some(policy.clone());
        context.recognised = Some(credential.clone());
        let facts = question.read(&policy, self.clock.now())?;
        let call = facts.call();
        if policy.rules.is_public(&call) {
            return policy.rules.admit_public(&call);
        }
        match facts.presented(&policy)? {
            // The same bytes as before, so the same pair.
            Some(Presented::Password(_)) => policy.rules.admit(credential, &call),
            Some(Presented::Token { .. }) | None => Err(Rejection::CredentialMissing),
        }
    }
}
