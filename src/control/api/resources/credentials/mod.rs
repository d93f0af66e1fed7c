//! Credentials over HTTP: looking for them, making and deleting them.

pub(super) mod body;
pub(super) mod create;
pub(in crate::control::api) mod edit;
pub(in crate::control::api) mod export_summary;
pub(in crate::control::api) mod files;
pub(in crate::control::api) mod from_file;
pub(in crate::control::api) mod secrets;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::body::WithSecret;
use self::create::NewCredentialBody;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, Id, Query};
use crate::control::api::fields::Fields;
use crate::control::api::paging::{Page, Wanted};
use crate::control::api::problem::Problem;
use crate::control::api::response::{Answer, location};
use crate::control::operations::{
    CreatedWhen, CredentialSearch, MAX_NAME_LENGTH, NotFound, Outcome, Right, count_credentials, create, delete,
    list_credentials, show_credential,
};
use crate::control::views::CredentialView;
use crate::control::web::state::ControlState;
use crate::credential::Label;
use crate::store::{CredentialKind, CredentialRecord, CredentialState};

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(list, create_one)).routes(routes!(count)).routes(routes!(show, delete_one))
}

/// Which credentials: those for which all that is said holds.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CredentialQuery {
    /// Of this account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// Of this user.
    #[param(min_length = 1, max_length = 128)]
    owner: Option<String>,
    /// With this in the name, the id or the user name, in letters of any size.
    #[param(min_length = 1, max_length = 200)]
    part: Option<String>,
    /// Made in this time.
    #[param(inline)]
    created: Option<CreatedWhen>,
    /// In this state.
    #[param(inline)]
    state: Option<StateName>,
    /// Of this kind.
    #[param(inline)]
    kind: Option<KindName>,
    /// As the page before gave it; of the list alone.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// At most so many; of the list alone.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// What becomes of a request with it.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CredentialState)]
enum StateName {
    /// It has no secret.
    Cleared,
    /// Switched off.
    Disabled,
    /// Past its date.
    Expired,
    /// None of these.
    Enabled,
}

/// What it is for.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CredentialKind)]
enum KindName {
    /// A token of an account.
    Token,
    /// A Basic pair of an account.
    Password,
    /// A user's own key.
    Own,
}

/// Credentials, the newest first.
#[utoipa::path(
    get, path = "/credentials", tag = TAG, operation_id = "list_credentials", params(CredentialQuery),
    responses((status = 200, body = Page<CredentialView>), (status = 404))
)]
async fn list(asked: ApiCall, Query(query): Query<CredentialQuery>) -> Result<Answer<Page<CredentialView>>, Problem> {
    let mut fields = Fields::default();
    let page = Wanted::read(&mut fields, query.cursor.as_deref(), query.limit);
    let wanted = query.wanted(&mut fields);
    fields.finish()?;
    let paging = page.paging();
    let listing = list_credentials(&asked.call(), &wanted, paging.after, paging.limit).await?;
    Ok(Answer::ok(Page::of(listing)))
}

/// How many there are in each state.
#[derive(Serialize, ToSchema)]
struct Counts {
    /// Without a secret.
    cleared: i64,
    /// Switched off.
    disabled: i64,
    /// Past their date.
    expired: i64,
    /// None of these.
    enabled: i64,
}

/// How many credentials there are in each state.
#[utoipa::path(
    get, path = "/credential-counts", tag = TAG, operation_id = "count_credentials", params(CredentialQuery),
    responses((status = 200, body = Counts), (status = 404))
)]
async fn count(asked: ApiCall, Query(query): Query<CredentialQuery>) -> Result<Answer<Counts>, Problem> {
    let mut fields = Fields::default();
    for (field, is_there) in [("cursor", query.cursor.is_some()), ("limit", query.limit.is_some())] {
        if is_there {
            fields.add(field, "has no meaning for counts");
        }
    }
    let wanted = query.wanted(&mut fields);
    fields.finish()?;
    let counts = count_credentials(&asked.call(), &wanted).await?;
    let (cleared, disabled) = (counts.cleared, counts.disabled);
    Ok(Answer::ok(Counts { cleared, disabled, expired: counts.expired, enabled: counts.enabled }))
}

/// Makes a credential. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/credentials", tag = TAG, operation_id = "create_credential", request_body = NewCredentialBody,
    responses(
        (status = 201, body = WithSecret, headers(("ETag" = String), ("Location" = String))),
        (status = 404), (status = 409)
    )
)]
async fn create_one(asked: ApiCall, Body(new): Body<NewCredentialBody>) -> Result<Answer<WithSecret>, Problem> {
    let call = asked.call();
    call.reach(Right::ManageCredentials)?;
    let answer = match create(&call, new.read(&call)?).await? {
        Outcome::Fresh(created) => WithSecret::new(&created.record, &created.secret),
        Outcome::Replayed(facts) => WithSecret::repeated(facts)?,
    };
    answer.created()
}

/// What may be known of a credential.
#[utoipa::path(
    get, path = "/credentials/{id}", tag = TAG, operation_id = "show_credential", params(("id" = String, Path)),
    responses((status = 200, body = CredentialView, headers(("ETag" = String))))
)]
async fn show(asked: ApiCall, Id(id): Id) -> Result<Answer<CredentialView>, Problem> {
    Ok(told(&show_credential(&asked.call(), known(&id)?.as_str()).await?))
}

/// Deletes a credential for good, and tells what it was.
#[utoipa::path(
    delete, path = "/credentials/{id}", tag = TAG, operation_id = "delete_credential", params(("id" = String, Path)),
    responses((status = 200, body = CredentialView))
)]
async fn delete_one(asked: ApiCall, Id(id): Id) -> Result<Answer<CredentialView>, Problem> {
    let record = delete(&asked.call(), known(&id)?.as_str()).await?;
    Ok(Answer::ok(CredentialView::from(&record)))
}

/// As it is now.
pub(in crate::control::api) fn told(record: &CredentialRecord) -> Answer<CredentialView> {
    Answer::ok(CredentialView::from(record)).of_revision(record.revision)
}

/// What is no label is no id.
pub(in crate::control::api) fn known(id: &str) -> Result<Label, Problem> {
    id.parse().map_err(|_| NotFound("credential").into())
}

impl WithSecret {
    /// With its place.
    pub(in crate::control::api) fn created(self) -> Result<Answer<Self>, Problem> {
        let (id, revision, is_replayed) = (known(&self.credential.id)?, self.credential.revision, self.repeated);
        Ok(Answer::created(self, location("credentials", &id)).of_revision(revision).replayed(is_replayed))
    }

    /// One that there was before.
    pub(in crate::control::api) fn renewed(self) -> Answer<Self> {
        let (revision, is_replayed) = (self.credential.revision, self.repeated);
        Answer::ok(self).of_revision(revision).replayed(is_replayed)
    }
}

impl CredentialQuery {
    fn wanted(self, fields: &mut Fields) -> CredentialSearch {
        CredentialSearch {
            account: fields.maybe_label("account", self.account.as_deref()),
            owner: fields.maybe_label("owner", self.owner.as_deref()),
            part: fields.line("part", self.part, MAX_NAME_LENGTH),
            created: self.created,
            state: self.state.map(|state| match state {
                StateName::Cleared => CredentialState::Cleared,
                StateName::Disabled => CredentialState::Disabled,
                StateName::Expired => CredentialState::Expired,
                StateName::Enabled => CredentialState::Enabled,
            }),
            kind: self.kind.map(|kind| match kind {
                KindName::Token => CredentialKind::Token,
                KindName::Password => CredentialKind::Password,
                KindName::Own => CredentialKind::Own,
            }),
        }
    }
}
