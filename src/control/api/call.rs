//! A call of an operation, made of what came with a request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{HeaderMap, IF_MATCH};
use axum::http::request::Parts;

use super::problem::{Code, Problem};
use crate::control::operations::{Caller, IdempotencyKey, OperationContext, SignInContext};
use crate::control::web::caller::resolve;
use crate::control::web::middleware::{IDEMPOTENCY_KEY, RequestDigest};
use crate::control::web::state::{ControlState, LiveSettings};
use crate::credential::TokenDigest;

const LONGEST_KEY: usize = 255;

/// Somebody who is known asks for something. There is no other way to a [`OperationContext`].
pub(super) struct ApiCall {
    state: ControlState,
    in_force: Arc<LiveSettings>,
    caller: Caller,
    condition: Condition,
    once: Option<IdempotencyKey>,
}

/// What `If-Match` says (RFC 9110, 13.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Unstated,
    Any,
    Revision(i64),
}

impl ApiCall {
    /// For an operation, at this moment: the body may have come long after the head.
    pub(super) fn call(&self) -> OperationContext<'_> {
        let revision = match self.condition {
            Condition::Revision(revision) => Some(revision),
            Condition::Unstated | Condition::Any => None,
        };
        let call =
            OperationContext::new(&self.state.0.store, &self.caller, self.state.0.clock.now(), self.in_force.terms());
        OperationContext { revision, idempotency_key: self.once.as_ref(), hashes: Some(&self.state.0.hashes), ..call }
    }

    /// For an operation that overwrites: of what, has to be said.
    ///
    /// # Errors
    /// Where it is not.
    pub(super) fn conditional(&self) -> Result<OperationContext<'_>, Problem> {
        if self.condition == Condition::Unstated {
            let detail = "send If-Match with the ETag of what you have seen, or *";
            return Err(Problem::new(Code::PreconditionRequired, detail));
        }
        Ok(self.call())
    }

    /// What the settings say.
    pub(super) fn in_force(&self) -> &LiveSettings {
        &self.in_force
    }

    /// Where they stand.
    pub(super) fn doorstep(&self) -> SignInContext<'_> {
        let actor = &self.caller.actor;
        let address = actor.address.as_deref().and_then(|address| address.parse().ok());
        self.state.doorstep(&self.in_force, address, actor.request_id.as_deref())
    }

    /// Who asks.
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl FromRequestParts<ControlState> for ApiCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let in_force = state.0.in_force.load_full();
        let caller = resolve(state, &in_force, parts).await?;
        let condition = condition(&parts.headers)?;
        let once = match parts.extensions.get::<RequestDigest>() {
            Some(RequestDigest(request)) => Some(IdempotencyKey { key: key(&parts.headers)?, request: *request }),
            None => None,
        };
        Ok(Self { state: state.clone(), in_force, caller, condition, once })
    }
}

fn condition(headers: &HeaderMap) -> Result<Condition, Problem> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(Condition::Unstated) };
    let value = value.to_str().map(str::trim).unwrap_or_default();
    let number = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let number = number.filter(|number| number.bytes().all(|digit| digit.is_ascii_digit()));
    match number.and_then(|number| number.parse().ok()) {
        Some(revision) if values.next().is_none() => Ok(Condition::Revision(revision)),
        None if value == "*" && values.next().is_none() => Ok(Condition::Any),
        _ => Err(Problem::new(Code::Malformed, "If-Match must be one strong ETag of ours, such as \"5\", or *")),
    }
}

/// Kept as a digest: see [`RequestDigest`].
fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let value = values.next().map(HeaderValue::as_bytes).unwrap_or_default();
    let fits = (1..=LONGEST_KEY).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    if !fits || values.next().is_some() {
        let detail = format!("Idempotency-Key must be once, and 1 to {LONGEST_KEY} visible ASCII characters");
        return Err(Problem::new(Code::Malformed, detail));
    }
    Ok(TokenDigest::of(value).to_string())
}
