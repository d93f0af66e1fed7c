//! Links with which people choose a password, once.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::control::api::extract::Body;
use crate::control::api::problem::Problem;
use crate::control::api::response::{Answer, answered_before};
use crate::control::operations::{
    FirstUser, NewSetupLink, SetupLinkError, SetupLinkFor, show_setup_link, use_setup_link,
};
use crate::control::web::anonymous::AnonymousCaller;
use crate::control::web::state::{ControlState, LiveSettings};
use crate::credential::PlainPassword;

const TAG: &str = "session";
const LONGEST_TICKET: usize = 256;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(look_at_link)).routes(routes!(use_link))
}

/// What is in a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    /// As it came.
    #[schema(max_length = 256)]
    ticket: String,
}

/// Whose password a link sets.
#[derive(Serialize, ToSchema)]
struct LinkFor {
    /// True: it makes the first user, who says who they are.
    first: bool,
    /// Of the user that it is for.
    email: Option<String>,
}

/// Whose password a link would set; uses nothing up.
#[utoipa::path(
    post, path = "/setup/look", tag = TAG, request_body = LinkBody, security(()),
    responses((status = 200, body = LinkFor), (status = 410))
)]
async fn look_at_link(visitor: AnonymousCaller, Body(body): Body<LinkBody>) -> Result<Answer<LinkFor>, Problem> {
    visitor.knock()?;
    check(&body.ticket)?;
    let at = visitor.doorstep();
    match show_setup_link(at.store, at.clock.now(), &body.ticket).await? {
        Some(SetupLinkFor::First) => Ok(Answer::ok(LinkFor { first: true, email: None })),
        Some(SetupLinkFor::User { email }) => Ok(Answer::ok(LinkFor { first: false, email: Some(email) })),
        None => Err(SetupLinkError::NotValid.into()),
    }
}

/// A link, and the password that it sets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UseLink {
    /// As it came.
    #[schema(max_length = 256)]
    ticket: String,
    /// The new password.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: String,
    /// Of the first user: what they sign in with.
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// Of the first user.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// Sets a password. Nobody is signed in by that.
#[utoipa::path(
    post, path = "/setup", tag = TAG, request_body = UseLink, security(()),
    responses((status = 204), (status = 409), (status = 410))
)]
async fn use_link(visitor: AnonymousCaller, Body(body): Body<UseLink>) -> Result<StatusCode, Problem> {
    visitor.knock()?;
    check(&body.ticket)?;
    let first = match (body.email, body.name) {
        (Some(email), name) => Some(FirstUser { email, name }),
        (None, None) => None,
        (None, Some(_)) => return Err(Problem::of_field("email", "is missing")),
    };
    use_setup_link(&visitor.doorstep(), &body.ticket, PlainPassword::new(body.password.as_bytes()), first).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check(ticket: &str) -> Result<(), Problem> {
    if ticket.len() > LONGEST_TICKET {
        return Err(Problem::of_field("ticket", format!("is longer than {LONGEST_TICKET} characters")));
    }
    Ok(())
}

/// A link that was just made: seen here, this once.
#[derive(Serialize, ToSchema)]
pub(in crate::control::api) struct SetupLink {
    /// What is in it.
    ticket: String,
    /// For the browser of whoever it is for, where admin.public_url is set.
    url: Option<String>,
    /// Worth nothing from this moment on.
    #[schema(format = "date-time")]
    ends_at: String,
}

/// A link that was just made for somebody, or that was made by the same call before.
#[derive(Serialize, ToSchema)]
pub(in crate::control::api) struct MadeLink {
    /// What is in it. Seen once: null where this call was answered before.
    ticket: Option<String>,
    /// For the browser of whoever it is for, where admin.public_url is set.
    url: Option<String>,
    /// Worth nothing from this moment on.
    #[schema(format = "date-time")]
    ends_at: String,
    /// True where a call with this Idempotency-Key was answered before, with the link.
    repeated: bool,
}

impl MadeLink {
    /// For the one answer that shows it.
    pub(in crate::control::api) fn new(link: &NewSetupLink, in_force: &LiveSettings) -> Self {
        let SetupLink { ticket, url, ends_at } = SetupLink::new(link, in_force);
        Self { ticket: Some(ticket), url, ends_at, repeated: false }
    }

    /// For a call that comes again: without the link.
    ///
    /// # Errors
    /// When nobody can read any more what was answered.
    pub(in crate::control::api) fn repeated(mut facts: Value) -> Result<Self, Problem> {
        Ok(Self { ticket: None, url: None, ends_at: answered_before(facts["ends_at"].take())?, repeated: true })
    }
}

impl SetupLink {
    /// What stands behind the # is sent to nobody.
    pub(in crate::control::api) fn new(link: &NewSetupLink, in_force: &LiveSettings) -> Self {
        let ticket = link.ticket.reveal().to_owned();
        let url = in_force.public_url.as_deref().map(|base| format!("{base}/setup#{ticket}"));
        Self { ticket, url, ends_at: link.ends_at.to_string() }
    }
}
