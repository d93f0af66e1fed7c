//! Extractor: a person of an account, for the pages of its API access.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::control::console::menu::{Entry, Section};
use crate::control::console::page_callers::Visit;
use crate::control::operations::{NotFound, OperationRefusal};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::AccountRecord;

/// Never hidden from them: the page explains why the others are.
pub(in crate::control::console::pages) const MENU: &[Entry] = &[Entry {
    section: Section::Api,
    place: 10,
    label: "access-title",
    path: "/access",
    is_visible: |standing| standing.account.is_some(),
    count: None,
}];

/// A person of an account, and the account as it is at the begin of the request. Staff get the page for what does not
/// exist.
pub(super) struct Customer {
    pub(super) visit: Visit,
    pub(super) account: AccountRecord,
}

impl FromRequestParts<ControlState> for Customer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let visit = Visit::from_request_parts(parts, state).await?;
        let account = visit.standing.account.clone().ok_or_else(|| OperationRefusal::from(NotFound("account")))?;
        Ok(Self { visit, account })
    }
}
