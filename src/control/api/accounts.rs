//! Accounts over HTTP.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Answer;
use super::asked::Asked;
use super::desk::Desk;
use super::extract::Id;
use super::problem::{Code, Problem};
use crate::control::operations::{NotFound, SwitchAccountError, switch_account};
use crate::credential::Label;
use crate::store::AccountRecord;

const TAG: &str = "accounts";

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(switch_on)).routes(routes!(switch_off))
}

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountBody {
    /// Unique for good.
    id: String,
    /// For people.
    name: Option<String>,
    /// The provider lets it use the API.
    granted: bool,
    /// It lets itself.
    switched_on: bool,
    /// Its members may have keys of their own.
    members_allowed: bool,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// Counts changes; the ETag.
    revision: i64,
}

/// Switches API access of an account on.
#[utoipa::path(
    post, path = "/accounts/{id}/switch-on", tag = TAG, params(("id" = String, Path)),
    responses((status = 200, body = AccountBody, headers(("ETag" = String))), (status = 409))
)]
async fn switch_on(asked: Asked, Id(id): Id) -> Result<Answer<AccountBody>, Problem> {
    switch(&asked, &id, true).await
}

/// Switches API access of an account off: every credential of it is refused.
#[utoipa::path(
    post, path = "/accounts/{id}/switch-off", tag = TAG, params(("id" = String, Path)),
    responses((status = 200, body = AccountBody, headers(("ETag" = String))))
)]
async fn switch_off(asked: Asked, Id(id): Id) -> Result<Answer<AccountBody>, Problem> {
    switch(&asked, &id, false).await
}

async fn switch(asked: &Asked, id: &str, on: bool) -> Result<Answer<AccountBody>, Problem> {
    let record = switch_account(&asked.call(), &known(id)?, on).await?;
    Ok(Answer::ok(AccountBody::from(&record)).of_revision(record.revision))
}

fn known(id: &str) -> Result<Label, Problem> {
    id.parse().map_err(|_| NotFound("account").into())
}

impl From<&AccountRecord> for AccountBody {
    fn from(record: &AccountRecord) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name.clone(),
            granted: record.granted,
            switched_on: record.switched_on,
            members_allowed: record.members_allowed,
            created_at: record.created_at.to_string(),
            revision: record.revision,
        }
    }
}

impl From<SwitchAccountError> for Problem {
    fn from(error: SwitchAccountError) -> Self {
        match error {
            SwitchAccountError::Refused(refusal) => refusal.into(),
            SwitchAccountError::NotGranted => Self::new(Code::NotGranted, error.to_string()),
            SwitchAccountError::Store(error) => error.into(),
        }
    }
}
