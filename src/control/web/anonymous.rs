//! Somebody whom nobody knows yet.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::caller::{peer, request_id, session};
use super::csrf;
use super::state::{ControlState, LiveSettings};
use crate::control::api::problem::Problem;
use crate::control::operations::SignInContext;

/// Wants to sign in, to sign out or to use a link.
pub(in crate::control) struct AnonymousCaller {
    pub(in crate::control) state: ControlState,
    pub(in crate::control) live: Arc<LiveSettings>,
    pub(in crate::control) session: Option<String>,
    address: Option<IpAddr>,
    request_id: Option<String>,
}

impl AnonymousCaller {
    /// Where they stand.
    pub(in crate::control) fn doorstep(&self) -> SignInContext<'_> {
        self.state.doorstep(&self.live, self.address, self.request_id.as_deref())
    }

    /// One more attempt to be let in.
    ///
    /// # Errors
    /// When it is one too many.
    pub(in crate::control) fn knock(&self) -> Result<(), Problem> {
        self.state.0.pace.sign_in(self.address, self.state.0.clock.steady())
    }
}

impl FromRequestParts<ControlState> for AnonymousCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let live = state.0.live.load_full();
        let session = session(&parts.headers)?.map(str::to_owned);
        if session.is_some() {
            csrf::demand(&parts.method, &parts.headers)?;
        }
        let (address, request_id) = (peer(parts, &live), request_id(parts).map(str::to_owned));
        Ok(Self { state: state.clone(), live, session, address, request_id })
    }
}
