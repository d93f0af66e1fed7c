//! Requests that need no credential: signing in and out, using a set-up link.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::caller::{client_address, request_id, session_cookie};
use super::csrf;
use super::problem::Problem;
use super::state::{ControlState, LiveSettings};
use crate::control::operations::{Caller, SignInContext, check_email, request_new_password};

pub(crate) struct AnonymousCaller {
    pub(crate) state: ControlState,
    pub(crate) settings: Arc<LiveSettings>,
    /// Not yet looked up.
    pub(crate) session: Option<String>,
    pub(crate) address: Option<IpAddr>,
    request_id: Option<String>,
}

impl AnonymousCaller {
    pub(crate) fn sign_in_context(&self) -> SignInContext<'_> {
        self.state.sign_in_context(&self.settings, self.address, self.request_id.as_deref())
    }

    /// Of an operation by the holder of a link.
    pub(crate) fn link_holder(&self) -> Caller {
        let address = self.address.map(|address| address.to_string());
        Caller::link_holder(address, self.request_id.clone())
    }

    /// Counts a look at a link. Any site can make a browser look, so this has no effect on signing in.
    ///
    /// # Errors
    /// When the network has looked too often.
    pub(crate) fn count_look(&self) -> Result<(), Problem> {
        self.state.rate_limits.count_look(self.address, self.state.clock.steady())
    }

    /// Queues a mail with a link for a new password, in a task: how long that takes tells nothing to the caller.
    ///
    /// # Errors
    /// For text that is no e-mail address.
    pub(crate) fn request_new_password(&self, email: String) -> Result<(), Problem> {
        check_email(&email)?;
        let (state, settings, address) = (self.state.clone(), self.settings.clone(), self.address);
        tokio::spawn(async move {
            let address = address.map(|address| address.to_string());
            let (store, now) = (&state.store, state.clock.now());
            if let Err(error) = request_new_password(store, &settings.delivery, now, (&email, address)).await {
                tracing::warn!("cannot queue the mail for a lost password: {error}");
            }
        });
        Ok(())
    }

    /// Counts an attempt to sign in or to use a link.
    ///
    /// # Errors
    /// When the network has made too many.
    pub(crate) fn count_attempt(&self) -> Result<(), Problem> {
        self.state.rate_limits.count_attempt(self.address, self.state.clock.steady())
    }
}

impl FromRequestParts<ControlState> for AnonymousCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let settings = state.settings.load_full();
        let session = session_cookie(&parts.headers)?.map(str::to_owned);
        if session.is_some() {
            csrf::require_same_origin(&parts.method, &parts.headers)?;
        }
        let (address, request_id) = (client_address(parts, &settings), request_id(parts).map(str::to_owned));
        Ok(Self { state: state.clone(), settings, session, address, request_id })
    }
}
