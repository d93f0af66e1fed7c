//! From the head of a request to its verdict. Fails closed on everything that cannot be read.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::Version;
use http::header::HOST;
use pingora::http::RequestHeader;
use pingora::proxy::Session;

use super::context::Context;
use super::{Gateway, Policy, headers, limits};
use crate::auth::{
    Admission, Call, Guess, Network, PendingPassword, Presented, Recognition, Rejection, StatedVersion, Target,
    Unsettled,
};

/// What became of a request so far.
enum Quick {
    Final(Result<Admission, Rejection>),
    Unsettled(Unsettled),
    Pending(Box<PendingPassword>, Option<Guess>),
}

/// What a request says about itself, read once.
struct Facts<'r> {
    target: Target<'r>,
    stated: StatedVersion<'r>,
    client: Option<IpAddr>,
    now: jiff::Timestamp,
}

impl Gateway {
    /// Decides, by one policy from beginning to end.
    pub(super) async fn verdict(&self, session: &Session, context: &mut Context) -> Result<Admission, Rejection> {
        let policy = self.policy.load_full();
        context.policy = Some(policy.clone());
        let verdict = match self.decide(&policy, session, context, None) {
            Quick::Final(verdict) => verdict,
            // Boxed, so that the many requests that wait for nothing stay small.
            later => Box::pin(self.decide_later(&policy, session, context, later)).await,
        };
        let admission = verdict?;
        self.allow_tunnel(session, context)?;
        self.count(admission, context)
    }

    /// Whoever may call may not therefore have a tunnel: what goes through it is never looked at.
    fn allow_tunnel(&self, session: &Session, context: &mut Context) -> Result<(), Rejection> {
        if !context.is_websocket {
            return Ok(());
        }
        let request = session.req_header();
        let policy = context.policy.clone().ok_or(Rejection::DirectoryUnavailable)?;
        policy.rules.permit_upgrade(&self.facts(&policy, session, context)?.call(request))
    }

    /// Last, so that only requests that would pass use a credential's rate up.
    fn count(&self, admission: Admission, context: &mut Context) -> Result<Admission, Rejection> {
        let (Some(credential), Some(policy)) = (&admission.credential, &context.policy) else { return Ok(admission) };
        context.standing = policy.meters.count(credential, self.clock.steady());
        match context.standing.and_then(|standing| standing.retry_in) {
            Some(seconds) => Err(Rejection::RateLimited(seconds)),
            None => {
                policy.directory.note_use(credential, context.client, context.arrived);
                Ok(admission)
            }
        }
    }

    /// `settled` is what the directory said where it had to be asked.
    fn decide(&self, policy: &Policy, session: &Session, context: &mut Context, settled: Option<Recognition>) -> Quick {
        let request = session.req_header();
        let facts = match self.facts(policy, session, context) {
            Ok(facts) => facts,
            Err(rejection) => return Quick::Final(Err(rejection)),
        };
        let call = facts.call(request);
        if policy.rules.is_public(&call) {
            return Quick::Final(policy.rules.admit_anyone(&call));
        }
        // Not moved: a decoded pair is large.
        let read = Presented::read(&policy.rules.accept, &request.headers, facts.target.query);
        let presented = match &read {
            Ok(Some(presented)) => presented,
            Ok(None) => return Quick::Final(Err(Rejection::CredentialMissing)),
            Err(rejection) => return Quick::Final(Err(*rejection)),
        };
        context.scheme = presented.scheme();
        let throttled = policy.throttled(facts.client);
        let from = throttled.map(|(_, network)| network);
        let (format, directory) = (&policy.rules.token_format, &*policy.directory);
        let recognised = settled.unwrap_or_else(|| self.authenticator.recognise(format, directory, presented, from));
        let guessed = match (recognised, throttled) {
            (Recognition::Unsettled(unsettled), _) => return Quick::Unsettled(unsettled),
            (Recognition::Known(credential), _) => {
                let outcome = self.known(presented, from);
                return Quick::Final(outcome.and_then(|()| {
                    context.recognised = Some(credential.clone());
                    policy.rules.admit(credential, &call)
                }));
            }
            // Nobody has guessed anything where nobody can tell.
            (Recognition::Rejected(rejection), None)
            | (Recognition::Rejected(rejection @ Rejection::DirectoryUnavailable), _) => {
                return Quick::Final(Err(rejection));
            }
            (Recognition::Rejected(rejection), Some((rules, network))) => {
                self.throttle.wrong_token(&rules, network, self.clock.steady()).and(Ok(Err(rejection)))
            }
            (Recognition::Pending(pending), None) => return Quick::Pending(pending, None),
            (Recognition::Pending(pending), Some((rules, network))) => self
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
            let outcome = self.throttle.known_pair(network, pair.username(), self.clock.steady());
            outcome.map_err(Rejection::GuessesThrottled)?;
        }
        self.metrics.password_hits.inc();
        Ok(())
    }

    /// Asks the directory where it did not know, and waits for a slow hash where one is needed.
    async fn decide_later(
        &self,
        policy: &Policy,
        session: &Session,
        context: &mut Context,
        later: Quick,
    ) -> Result<Admission, Rejection> {
        let later = match later {
            Quick::Unsettled(unsettled) => {
                let settled = self.authenticator.settle(&*policy.directory, unsettled).await;
                self.decide(policy, session, context, Some(settled))
            }
            other => other,
        };
        match later {
            Quick::Final(verdict) => verdict,
            // What was settled is settled.
            Quick::Unsettled(_) => Err(Rejection::DirectoryUnavailable),
            Quick::Pending(pending, guess) => self.verify(session, context, *pending, guess).await,
        }
    }

    /// Waits for a slow hash, then decides anew by what is in force afterwards: the policy may have
    /// changed meanwhile, down to whether pairs are accepted at all.
    async fn verify(
        &self,
        session: &Session,
        context: &mut Context,
        pending: PendingPassword,
        guess: Option<Guess>,
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
        let request = session.req_header();
        let facts = self.facts(&policy, session, context)?;
        let call = facts.call(request);
        if policy.rules.is_public(&call) {
            return policy.rules.admit_anyone(&call);
        }
        match Presented::read(&policy.rules.accept, &request.headers, facts.target.query)? {
            // The same bytes as before, so the same pair.
            Some(Presented::Password(_)) => policy.rules.admit(credential, &call),
            Some(Presented::Token { .. }) | None => Err(Rejection::CredentialMissing),
        }
    }

    fn facts<'r>(&self, policy: &Policy, session: &'r Session, context: &mut Context) -> Result<Facts<'r>, Rejection> {
        let request = session.req_header();
        let peer = session.client_addr().and_then(|address| address.as_inet()).map(SocketAddr::ip);
        let client = peer.and_then(|peer| headers::client_address(&request.headers, peer, &policy.trusted_proxies));
        context.client = client;
        limits::look_at_head(request, &policy.limits)?;
        let target = Target::parse(request.raw_path(), policy.rules.look_at_paths())?;
        refuse_two_readings(request, policy.rules.look_at_methods())?;
        let stated = StatedVersion::read(&policy.rules.versions, target, &request.headers)?;
        Ok(Facts { target, stated, client, now: self.clock.now() })
    }
}

/// Refuses heads that the API behind could read otherwise than we do.
fn refuse_two_readings(request: &RequestHeader, rules_by_method: bool) -> Result<(), Rejection> {
    let mut hosts = request.headers.get_all(HOST).iter();
    let has_host = hosts.next().is_some();
    if hosts.next().is_some() || (!has_host && request.version == Version::HTTP_11) {
        return Err(Rejection::RequestAmbiguous("An HTTP/1.1 request must name its host once."));
    }
    if !headers::has_one_length(&request.headers) {
        return Err(Rejection::RequestAmbiguous("The request must state the length of its body once, in digits."));
    }
    if rules_by_method && headers::has_second_method(&request.headers) {
        return Err(Rejection::RequestAmbiguous("The request names a second method in a header."));
    }
    Ok(())
}

impl<'r> Facts<'r> {
    fn call(&self, request: &'r RequestHeader) -> Call<'r> {
        Call {
            method: &request.method,
            path: self.stated.path,
            version: self.stated.version,
            address: self.client,
            now: self.now,
        }
    }
}
