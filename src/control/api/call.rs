//! One authenticated call of an operation.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{HeaderMap, IF_MATCH};
use axum::http::request::Parts;
use jiff::Timestamp;

use crate::control::operations::{Caller, IdempotencyKey, OperationContext, SignInContext};
use crate::control::web::caller::authenticate;
use crate::control::web::middleware::{IDEMPOTENCY_KEY, RequestDigest};
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::{ControlState, LiveSettings};
use crate::credential::TokenDigest;
use crate::store::ActorKind;

const MAX_KEY_BYTES: usize = 255;

/// Extracting one authenticates the caller; handlers have no other way to an [`OperationContext`].
pub(super) struct ApiCall {
    state: ControlState,
    settings: Arc<LiveSettings>,
    caller: Caller,
    condition: Condition,
    key: Option<IdempotencyKey>,
}

/// Marks routes that honour `Idempotency-Key`.
#[derive(Clone, Copy)]
pub(super) struct Idempotent;

/// `If-Match` (RFC 9110, 13.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    None,
    Any,
    Revision(i64),
}

impl ApiCall {
    /// The time is now and not that of the head: the body may have arrived much later.
    pub(super) fn context(&self) -> OperationContext<'_> {
        let revision = match self.condition {
            Condition::Revision(revision) => Some(revision),
            Condition::None | Condition::Any => None,
        };
        let context =
            OperationContext::new(&self.state.store, &self.caller, self.state.clock.now(), self.settings.terms());
        // The shell runs in a process of its own, at which nobody signs in.
        let signs_in = self.caller.actor.kind != ActorKind::Shell;
        OperationContext {
            revision,
            idempotency_key: self.key.as_ref(),
            hashes: Some(&self.state.hashes),
            gate_throttle: self.state.gate_throttle(),
            sign_in_throttle: signs_in.then(|| self.state.sign_in_throttle()),
            installation_keys: self.state.installation_keys.get(),
            ..context
        }
    }

    /// For operations that overwrite.
    ///
    /// # Errors
    /// When the request has no `If-Match`.
    pub(super) fn conditional(&self) -> Result<OperationContext<'_>, Problem> {
        if self.condition == Condition::None {
            let detail = "send If-Match with the ETag of the revision that you read, or *";
            return Err(Problem::english(Code::PreconditionRequired, detail));
        }
        Ok(self.context())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.state.clock.now()
    }

    pub(super) fn settings(&self) -> &LiveSettings {
        &self.settings
    }

    pub(super) fn sign_in_context(&self) -> SignInContext<'_> {
        let actor = &self.caller.actor;
        let address = actor.address.as_deref().and_then(|address| address.parse().ok());
        self.state.sign_in_context(&self.settings, address, actor.request_id.as_deref())
    }

    /// Lets the worker of this process look for deliveries now.
    pub(super) fn wake_webhooks(&self) {
        self.state.webhook_wake.notify_one();
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl FromRequestParts<ControlState> for ApiCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let settings = state.settings.load_full();
        let caller = authenticate(state, &settings, parts).await?;
        let condition = condition(&parts.headers)?;
        let key = match parts.extensions.get::<RequestDigest>() {
            Some(RequestDigest(request)) => Some(IdempotencyKey { key: key(&parts.headers)?, request: *request }),
            None => None,
        };
        let key = key.filter(|_| parts.extensions.get::<Idempotent>().is_some());
        Ok(Self { state: state.clone(), settings, caller, condition, key })
    }
}

fn condition(headers: &HeaderMap) -> Result<Condition, Problem> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(Condition::None) };
    let value = value.to_str().map(str::trim).unwrap_or_default();
    let number = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let number = number.filter(|number| number.bytes().all(|digit| digit.is_ascii_digit()));
    match number.and_then(|number| number.parse().ok()) {
        Some(revision) if values.next().is_none() => Ok(Condition::Revision(revision)),
        None if value == "*" && values.next().is_none() => Ok(Condition::Any),
        _ => {
            Err(Problem::english(Code::Malformed, "If-Match must be one strong ETag of this API, such as \"5\", or *"))
        }
    }
}

/// Stored as a digest: see [`RequestDigest`].
fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let value = values.next().map(HeaderValue::as_bytes).unwrap_or_default();
    let fits = (1..=MAX_KEY_BYTES).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    if !fits || values.next().is_some() {
        let detail = format!("Idempotency-Key must be one header of 1 to {MAX_KEY_BYTES} visible ASCII characters");
        return Err(Problem::english(Code::Malformed, detail));
    }
    Ok(TokenDigest::of(value).to_string())
}
