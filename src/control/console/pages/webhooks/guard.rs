//! Extractors: the person who opens a page of webhooks, and the ids in its path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::LIST;
use crate::control::console::menu::{Entry, Section};
use crate::control::console::page_callers::Visit;
use crate::control::operations::{NotFound, Right};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::Label;

pub(in crate::control::console::pages) const MENU: &[Entry] = &[Entry {
    section: Section::Api,
    place: 45,
    label: "webhooks-title",
    path: LIST,
    is_visible: |standing| standing.may_have_webhooks(),
    count: None,
}];

/// A person who sees webhooks. Handlers extract this first: it answers for all others.
pub(super) struct Reader(pub(super) Visit);

/// A person who may change webhooks.
pub(super) struct Manager(pub(super) Visit);

/// The ids of a webhook and of one of its deliveries in the path. What is no id is not found.
pub(super) struct DeliveryId {
    pub(super) webhook: Label,
    pub(super) delivery: Label,
}

impl FromRequestParts<ControlState> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let visit = Visit::from_request_parts(parts, state).await?;
        if visit.standing.sees_webhooks() { Ok(Self(visit)) } else { Err(NotFound("page").into()) }
    }
}

impl FromRequestParts<ControlState> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let Reader(visit) = Reader::from_request_parts(parts, state).await?;
        visit.require(Right::ManageWebhooks)?;
        Ok(Self(visit))
    }
}

impl FromRequestParts<ControlState> for DeliveryId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let ids = Path::<(String, String)>::from_request_parts(parts, state).await.ok();
        let ids = ids.and_then(|Path((webhook, delivery))| Some((webhook.parse().ok()?, delivery.parse().ok()?)));
        ids.map(|(webhook, delivery)| Self { webhook, delivery }).ok_or_else(|| NotFound("page").into())
    }
}
