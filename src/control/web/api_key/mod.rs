//! Programs that present the API key itself, as they do at the gate: the same schemes, throttle, expiry, addresses and
//! access rules. Version and scopes concern requests to the API behind.

mod directory;

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::Method;
use axum::http::request::Parts;

use self::directory::StoreDirectory;
use super::caller::{client_address, request_id};
use super::problem::{Code, Problem};
use super::state::{ControlState, LiveSettings};
use crate::auth::{
    AuthOutcome, Authenticator, Directory, HashPool, NamedVersion, Network, PasswordCache, Presented, Rejection,
    RouteRequest, Rules, Throttle,
};
use crate::clock::Clock;
use crate::control::operations::Caller;
use crate::credential::Credential;
use crate::store::{Actor, ActorKind, CredentialRecord, Role, Store};

/// Passwords that were verified before.
const REMEMBERED_PASSWORDS: u64 = 1000;

/// Proves API keys against the database.
pub(crate) struct KeyAuthenticator {
    authenticator: Authenticator,
    directory: Arc<StoreDirectory>,
    clock: Clock,
}

/// A program with a right API key.
pub(crate) struct KeyHolder {
    pub(crate) caller: Caller,
    pub(crate) credential: CredentialRecord,
}

impl KeyAuthenticator {
    /// # Errors
    /// When the system gives no random bytes.
    pub(crate) fn new(
        store: Store,
        clock: Clock,
        hashes: HashPool,
        gate: Option<Arc<dyn Directory>>,
    ) -> std::io::Result<Self> {
        let cache = PasswordCache::new(REMEMBERED_PASSWORDS).map_err(std::io::Error::other)?;
        let directory = Arc::new(StoreDirectory { store, clock: clock.clone(), gate });
        Ok(Self { authenticator: Authenticator::new(cache, hashes), directory, clock })
    }

    async fn prove(
        &self,
        (rules, throttle): (&Rules, &Throttle),
        settings: &LiveSettings,
        parts: &Parts,
        client: Option<IpAddr>,
    ) -> Result<Arc<Credential>, Rejection> {
        let presented = Presented::read(&rules.accept, &parts.headers, None)?;
        let presented = presented.ok_or(Rejection::CredentialMissing)?;
        let network = client.map(Network::of);
        let throttled = settings.guessing.zip(network);
        let outcome = match self.authenticator.lookup(&rules.token_format, &*self.directory, &presented, network) {
            AuthOutcome::NeedsFetch(unresolved) => self.authenticator.resolve(&*self.directory, unresolved).await,
            other => other,
        };
        let steady = || self.clock.steady();
        match (outcome, throttled) {
            (AuthOutcome::Authenticated(credential), _) => {
                if let (Presented::Password(basic), Some(network)) = (&presented, network) {
                    let passed = throttle.check_pair(network, basic.username(), steady());
                    passed.map_err(Rejection::GuessesThrottled)?;
                }
                Ok(credential)
            }
            (AuthOutcome::Rejected(rejection @ Rejection::CredentialInvalid), Some((guessing, network))) => {
                throttle.wrong_token(&guessing, network, steady()).map_err(Rejection::GuessesThrottled)?;
                Err(rejection)
            }
            (AuthOutcome::Rejected(rejection), _) => Err(rejection),
            (AuthOutcome::NeedsFetch(_), _) => Err(Rejection::DirectoryUnavailable),
            (AuthOutcome::Pending(pending), throttled) => {
                let (name, is_known) = (pending.username(), pending.is_known());
                let begin = |(guessing, network)| {
                    throttle.begin(&guessing, network, name, is_known, pending.stored_hash(), steady())
                };
                let attempt = throttled.map(begin).transpose().map_err(Rejection::GuessesThrottled)?;
                let wrong = pending.rejection();
                let directory: Arc<dyn Directory> = self.directory.clone();
                let verified = self.authenticator.verify(*pending, || directory).await;
                if let Some(attempt) = attempt {
                    match &verified {
                        Ok(_) => throttle.right(&attempt),
                        Err(Rejection::CredentialInvalid) => throttle.wrong(attempt, steady()),
                        Err(_) => throttle.undecided(&attempt),
                    }
                }
                verified.map_err(|rejection| if rejection == Rejection::CredentialInvalid { wrong } else { rejection })
            }
        }
    }
}

/// # Errors
/// When the request presents no API key of the database that may be used now.
pub(crate) async fn key_holder(
    state: &ControlState,
    settings: &LiveSettings,
    parts: &Parts,
) -> Result<KeyHolder, Problem> {
    let Some(rules) = settings.rules.as_deref() else {
        return Err(problem(Rejection::CredentialMissing));
    };
    let client = client_address(parts, settings);
    let throttle = state.throttles.gate.as_deref().unwrap_or(&state.throttles.keys);
    let proven = state.api_keys.prove((rules, throttle), settings, parts, client).await;
    let credential = match proven.and_then(|credential| usable(rules, credential, client, state)) {
        Ok(credential) => credential,
        Err(rejection) => {
            if rejection == Rejection::CredentialInvalid {
                state.rate_limits.count_failure(client, state.clock.steady())?;
            }
            return Err(problem(rejection));
        }
    };
    state.rate_limits.count_call(&format!("credential {}", credential.id), state.clock.steady())?;
    // The directory has a part of it.
    let record = state.store.credential(credential.id.as_str()).await?;
    let record = record.ok_or_else(|| problem(Rejection::CredentialInvalid))?;
    let actor = Actor {
        kind: ActorKind::Credential,
        id: record.id.to_string(),
        request_id: request_id(parts).map(str::to_owned),
        address: client.map(|address| address.to_string()),
    };
    let caller = Caller { actor, role: Role::Member, account: Some(record.account.clone()), user: None };
    Ok(KeyHolder { caller, credential: record })
}

fn usable(
    rules: &Rules,
    credential: Arc<Credential>,
    address: Option<IpAddr>,
    state: &ControlState,
) -> Result<Arc<Credential>, Rejection> {
    let version = NamedVersion::Unstated;
    let request = RouteRequest { method: &Method::GET, path: "/", version, address, now: state.clock.now() };
    rules.check_standing(&credential, &request)?;
    Ok(credential)
}

fn problem(rejection: Rejection) -> Problem {
    let code = match rejection.status().as_u16() {
        400 => Code::Malformed,
        401 => Code::Unauthenticated,
        429 => Code::TooManyRequests,
        503 => Code::DatabaseUnavailable,
        _ => Code::Forbidden,
    };
    let problem = Problem::english(code, rejection.detail());
    match rejection.retry_after() {
        Some(delay) => problem.retry_after(u32::try_from(delay.as_secs()).unwrap_or(u32::MAX).max(1)),
        None => problem,
    }
}
