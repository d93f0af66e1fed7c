//! Set-up links, with which users choose a password.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::Sentence;
use crate::control::api::extract::Body;
use crate::control::api::response::{ApiResponse, replayed};
use crate::control::api::routes::routes;
use crate::control::operations::{
    FirstUser, NewSetupLink, SetupLinkError, SetupLinkFor, show_setup_link, use_setup_link,
};
use crate::control::web::anonymous_caller::AnonymousCaller;
use crate::control::web::problem::Problem;
use crate::control::web::state::{ControlState, LiveSettings};
use crate::credential::PlainPassword;

const TAG: &str = "session";
const MAX_TICKET_BYTES: usize = 256;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(look_at_link)).routes(routes!(use_link))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    /// The last part of the link.
    #[schema(max_length = 256)]
    ticket: String,
}

/// The user whose password a link sets.
#[derive(Serialize, ToSchema)]
struct LinkFor {
    /// True: the link creates the first staff user, with the e-mail address that they enter.
    first: bool,
    /// The e-mail address of the user; null for the first user.
    email: Option<String>,
}

/// Shows the user whose password a link sets, without using the link.
#[utoipa::path(
    post, path = "/setup/look", tag = TAG, request_body = LinkBody,
    responses((status = 200, body = LinkFor))
)]
async fn look_at_link(caller: AnonymousCaller, Body(body): Body<LinkBody>) -> Result<ApiResponse<LinkFor>, Problem> {
    caller.count_attempt()?;
    check(&body.ticket)?;
    let at = caller.sign_in_context();
    match show_setup_link(at.store, at.clock.now(), &body.ticket).await? {
        Some(SetupLinkFor::First) => Ok(ApiResponse::ok(LinkFor { first: true, email: None })),
        Some(SetupLinkFor::User { email }) => Ok(ApiResponse::ok(LinkFor { first: false, email: Some(email) })),
        None => Err(SetupLinkError::NotValid.into()),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UseLink {
    /// The last part of the link.
    #[schema(max_length = 256)]
    ticket: String,
    /// The new password.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: String,
    /// The e-mail address of the first user; for other users left out.
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// The display name of the first user.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// Sets a password with a link. It does not sign in.
#[utoipa::path(
    post, path = "/setup", tag = TAG, request_body = UseLink,
    responses((status = 204))
)]
async fn use_link(caller: AnonymousCaller, Body(body): Body<UseLink>) -> Result<StatusCode, Problem> {
    caller.count_attempt()?;
    check(&body.ticket)?;
    let first = match (body.email, body.name) {
        (Some(email), name) => Some(FirstUser { email, name }),
        (None, None) => None,
        (None, Some(_)) => return Err(Problem::of_field("email", Sentence::Missing)),
    };
    use_setup_link(&caller.sign_in_context(), &body.ticket, PlainPassword::new(body.password.as_bytes()), first)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check(ticket: &str) -> Result<(), Problem> {
    if ticket.len() > MAX_TICKET_BYTES {
        return Err(Problem::of_field("ticket", Sentence::TooLong { max: MAX_TICKET_BYTES.into() }));
    }
    Ok(())
}

/// A new set-up link, shown once.
#[derive(Serialize, ToSchema)]
pub(in crate::control::api) struct SetupLink {
    /// The last part of the link.
    ticket: String,
    /// The page that sets the password; null where console.public_url is not set.
    url: Option<String>,
    /// No longer valid from this time on.
    #[schema(format = "date-time")]
    ends_at: String,
}

/// A new set-up link, or the response to an earlier call without the link.
#[derive(Serialize, ToSchema)]
pub(in crate::control::api) struct MadeLink {
    /// The last part of the link, shown once; null where the response repeats an earlier one.
    ticket: Option<String>,
    /// The page that sets the password; null where console.public_url is not set.
    url: Option<String>,
    /// No longer valid from this time on.
    #[schema(format = "date-time")]
    ends_at: String,
    /// True where the response repeats that of an earlier call with the same Idempotency-Key.
    repeated: bool,
}

impl MadeLink {
    pub(in crate::control::api) fn new(link: &NewSetupLink, settings: &LiveSettings) -> Self {
        let SetupLink { ticket, url, ends_at } = SetupLink::new(link, settings);
        Self { ticket: Some(ticket), url, ends_at, repeated: false }
    }

    /// # Errors
    /// When the stored response cannot be read.
    pub(in crate::control::api) fn repeated(mut stored: Value) -> Result<Self, Problem> {
        Ok(Self { ticket: None, url: None, ends_at: replayed(stored["ends_at"].take())?, repeated: true })
    }
}

impl SetupLink {
    pub(in crate::control::api) fn new(link: &NewSetupLink, settings: &LiveSettings) -> Self {
        let ticket = link.ticket.reveal().to_owned();
        let url = settings.setup_url(&ticket);
        Self { ticket, url, ends_at: link.ends_at.to_string() }
    }
}
