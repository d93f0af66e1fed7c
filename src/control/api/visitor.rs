//! Somebody whom nobody knows yet.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::caller::{peer, request_id, session};
use super::desk::{Desk, InForce};
use super::origin;
use super::problem::Problem;
use crate::control::operations::Doorstep;

/// Wants to sign in, to sign out or to use a link.
pub(super) struct Visitor {
    pub(super) desk: Desk,
    pub(super) in_force: Arc<InForce>,
    pub(super) session: Option<String>,
    address: Option<IpAddr>,
    request_id: Option<String>,
}

impl Visitor {
    /// Where they stand.
    pub(super) fn doorstep(&self) -> Doorstep<'_> {
        self.desk.doorstep(&self.in_force, self.address, self.request_id.as_deref())
    }

    /// One more attempt to be let in.
    ///
    /// # Errors
    /// When it is one too many.
    pub(super) fn knock(&self) -> Result<(), Problem> {
        self.desk.0.pace.sign_in(self.address, self.desk.0.clock.steady())
    }
}

impl FromRequestParts<Desk> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let in_force = desk.0.in_force.load_full();
        let session = session(&parts.headers)?.map(str::to_owned);
        if session.is_some() {
            origin::demand(&parts.method, &parts.headers)?;
        }
        let (address, request_id) = (peer(parts, &in_force), request_id(parts).map(str::to_owned));
        Ok(Self { desk: desk.clone(), in_force, session, address, request_id })
    }
}
