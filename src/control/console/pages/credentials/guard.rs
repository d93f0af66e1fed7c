//! Extractors: the person who opens a page of credentials, and the id in its path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::control::console::menu::{Entry, Section};
use crate::control::console::page_callers::Visit;
use crate::control::operations::{NotFound, Right};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::Label;

pub(in crate::control::console::pages) const MENU: &[Entry] = &[Entry {
    section: Section::Api,
    place: 20,
    label: "credentials-title",
    path: "/credentials",
    is_visible: |standing| standing.may(Right::ManageCredentials) && standing.is_granted(),
    count: None,
}];

/// A person who manages credentials. Handlers extract this first: it answers for all others.
pub(super) struct Manager(pub(super) Visit);

/// The id in the path. What is no id is not found.
pub(super) struct CredentialId(pub(super) Label);

impl FromRequestParts<ControlState> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let visit = Visit::from_request_parts(parts, state).await?;
        visit.require(Right::ManageCredentials)?;
        visit.require_visible(&MENU[0])?;
        Ok(Self(visit))
    }
}

impl FromRequestParts<ControlState> for CredentialId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, state).await.ok();
        let id = id.and_then(|Path(id)| id.parse().ok());
        id.map(Self).ok_or(NotFound("credential").into())
    }
}
