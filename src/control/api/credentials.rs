//! Credentials over HTTP.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, location};
use super::asked::Asked;
use super::credential::{CredentialBody, WithSecret};
use super::desk::Desk;
use super::extract::{Body, Id, MaybeBody, Query};
use super::fields::Fields;
use super::new_credential::NewCredentialBody;
use super::problem::{Code, Problem};
use crate::control::operations::{
    CreateError, DeleteError, DisableError, EnableError, NotFound, Once, Reset, ResetError, Right, create, delete,
    disable, enable, reset,
};
use crate::credential::{Label, PlainPassword};

const TAG: &str = "credentials";
const DEFAULT_LIMIT: u32 = 50;
const LARGEST_LIMIT: u32 = 200;
const LONGEST_REASON: usize = 500;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list_credentials, create_credential))
        .routes(routes!(show_credential, delete_credential))
        .routes(routes!(reset_credential))
        .routes(routes!(disable_credential))
        .routes(routes!(enable_credential))
}

/// Which credentials.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those of this account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// Where the page before has ended.
    #[param(min_length = 1, max_length = 512)]
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Some credentials.
#[derive(Serialize, ToSchema)]
struct CredentialPage {
    /// In the order of the list.
    items: Vec<CredentialBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// The credentials of an account, or all that you may see.
#[utoipa::path(get, path = "/credentials", tag = TAG, params(ListQuery), responses((status = 200, body = CredentialPage)))]
async fn list_credentials(asked: Asked, Query(query): Query<ListQuery>) -> Result<Answer<CredentialPage>, Problem> {
    let call = asked.call();
    let reach = call.reach(Right::ManageCredentials)?;
    let mut fields = Fields::default();
    let account = fields.maybe_label("account", query.account.as_deref());
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=LARGEST_LIMIT).contains(&limit) {
        fields.add("limit", format!("must be 1 to {LARGEST_LIMIT}"));
    }
    let cursor = fields.maybe_label("cursor", query.cursor.as_deref());
    fields.finish()?;
    if let Some(account) = &account {
        reach.of(account)?;
    }
    let account = account.as_ref().or(reach.only()).map(Label::as_str);
    let page = call.store.credentials_after(cursor.as_ref().map_or("", Label::as_str), account, limit).await?;
    for error in &page.unreadable {
        tracing::error!("{error}");
    }
    let is_full = page.records.len() + page.unreadable.len() == limit as usize;
    let items = page.records.iter().map(CredentialBody::from).collect();
    Ok(Answer::ok(CredentialPage { items, next_cursor: page.end.filter(|_| is_full) }))
}

/// Makes a credential. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/credentials", tag = TAG, request_body = NewCredentialBody,
    responses((status = 201, body = WithSecret, headers(("ETag" = String), ("Location" = String))), (status = 409))
)]
async fn create_credential(asked: Asked, Body(new): Body<NewCredentialBody>) -> Result<Answer<WithSecret>, Problem> {
    let answer = match create(&asked.call(), new.read()?).await? {
        Once::Done(created) => WithSecret::new(&created.record, &created.secret),
        Once::Repeated(facts) => WithSecret::repeated(facts)?,
    };
    let (location, revision) = (location("credentials", &answer.credential.id), answer.credential.revision);
    Ok(Answer::created(answer, location).of_revision(revision))
}

/// What may be known of a credential.
#[utoipa::path(
    get, path = "/credentials/{id}", tag = TAG, params(("id" = String, Path)),
    responses((status = 200, body = CredentialBody, headers(("ETag" = String))))
)]
async fn show_credential(asked: Asked, Id(id): Id) -> Result<Answer<CredentialBody>, Problem> {
    let call = asked.call();
    let reach = call.reach(Right::ManageCredentials)?;
    let found = call.store.credential(known(&id)?.as_str()).await?.filter(|record| reach.covers(&record.account));
    let record = found.ok_or(NotFound("credential"))?;
    Ok(Answer::ok(CredentialBody::from(&record)).of_revision(record.revision))
}

/// Deletes a credential for good, and tells what it was.
#[utoipa::path(
    delete, path = "/credentials/{id}", tag = TAG, params(("id" = String, Path)),
    responses((status = 200, body = CredentialBody))
)]
async fn delete_credential(asked: Asked, Id(id): Id) -> Result<Answer<CredentialBody>, Problem> {
    let record = delete(&asked.call(), known(&id)?.as_str()).await?;
    Ok(Answer::ok(CredentialBody::from(&record)))
}

/// How it is reset.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    /// Of a Basic pair: the new password; made up when it is left out.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: Option<String>,
    /// For so many seconds the secret before counts beside the new one: of a token, at most 366 days.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 31622400_u64)]
    overlap_seconds: u64,
}

/// Gives a credential a new secret. The one before is dead at once, or after the overlap.
#[utoipa::path(
    post, path = "/credentials/{id}/reset", tag = TAG, params(("id" = String, Path)), request_body = ResetBody,
    responses((status = 200, body = WithSecret, headers(("ETag" = String))), (status = 409))
)]
async fn reset_credential(
    asked: Asked,
    Id(id): Id,
    MaybeBody(body): MaybeBody<ResetBody>,
) -> Result<Answer<WithSecret>, Problem> {
    let how = Reset {
        chosen: body.password.map(|password| PlainPassword::new(password.as_bytes())),
        overlap: std::time::Duration::from_secs(body.overlap_seconds),
    };
    let answer = match reset(&asked.call(), known(&id)?.as_str(), how).await? {
        Once::Done(done) => WithSecret::new(&done.record, &done.secret),
        Once::Repeated(facts) => WithSecret::repeated(facts)?,
    };
    let revision = answer.credential.revision;
    Ok(Answer::ok(answer).of_revision(revision))
}

/// Why something is switched off.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DisableBody {
    /// Stays on record.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

/// Switches a credential off: from now on it is refused.
#[utoipa::path(
    post, path = "/credentials/{id}/disable", tag = TAG, params(("id" = String, Path)), request_body = DisableBody,
    responses((status = 200, body = CredentialBody, headers(("ETag" = String))))
)]
async fn disable_credential(
    asked: Asked,
    Id(id): Id,
    MaybeBody(body): MaybeBody<DisableBody>,
) -> Result<Answer<CredentialBody>, Problem> {
    let mut fields = Fields::default();
    let reason = fields.line("reason", body.reason, LONGEST_REASON);
    fields.finish()?;
    let record = disable(&asked.call(), known(&id)?.as_str(), reason).await?;
    Ok(Answer::ok(CredentialBody::from(&record)).of_revision(record.revision))
}

/// Switches a credential on, with the secret it had.
#[utoipa::path(
    post, path = "/credentials/{id}/enable", tag = TAG, params(("id" = String, Path)),
    responses((status = 200, body = CredentialBody, headers(("ETag" = String))))
)]
async fn enable_credential(asked: Asked, Id(id): Id) -> Result<Answer<CredentialBody>, Problem> {
    let record = enable(&asked.call(), known(&id)?.as_str()).await?;
    Ok(Answer::ok(CredentialBody::from(&record)).of_revision(record.revision))
}

/// What is no label is no id.
fn known(id: &str) -> Result<Label, Problem> {
    id.parse().map_err(|_| NotFound("credential").into())
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Refused(refusal) => refusal.into(),
            CreateError::Invalid(invalid) => invalid.into(),
            CreateError::UnknownAccount => Self::of_field("account", "names no account"),
            CreateError::IdTaken => Self::new(Code::IdTaken, error.to_string()),
            CreateError::UsernameTaken => Self::new(Code::UsernameTaken, error.to_string()),
            CreateError::Secret(error) => error.into(),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<ResetError> for Problem {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::Refused(refusal) => refusal.into(),
            ResetError::Invalid(invalid) => invalid.into(),
            ResetError::OverlapTooLong => Self::of_field("overlap_seconds", "must be at most 366 days"),
            ResetError::TokenChosen => Self::of_field("password", "has no meaning with a token, which is made"),
            ResetError::OwnKey | ResetError::Changed => Self::new(Code::Conflict, error.to_string()),
            ResetError::Secret(error) => error.into(),
            ResetError::Store(error) => error.into(),
        }
    }
}

impl From<DisableError> for Problem {
    fn from(error: DisableError) -> Self {
        match error {
            DisableError::Refused(refusal) => refusal.into(),
            DisableError::Invalid(invalid) => invalid.into(),
            DisableError::Store(error) => error.into(),
        }
    }
}

impl From<EnableError> for Problem {
    fn from(error: EnableError) -> Self {
        match error {
            EnableError::Refused(refusal) => refusal.into(),
            EnableError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteError> for Problem {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::Refused(refusal) => refusal.into(),
            DeleteError::Store(error) => error.into(),
        }
    }
}
