//! Looking for credentials, a page at a time, and at one of them.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use super::change::seen;
use super::own_key::holder;
use crate::control::operations::{AccountScope, Invalid, NotFound, OperationContext, Refusal, Right};
use crate::credential::Label;
use crate::store::{
    CredentialFilter, CredentialKind, CredentialRecord, CredentialState, Cursor, Listing, StateCounts, StoreError,
};

const MOST: u32 = 200;
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Which ones are looked for. Nothing means all that the caller may see.
#[derive(Debug, Clone, Default)]
pub struct CredentialsWanted {
    /// Of this account.
    pub account: Option<Label>,
    /// Of this user.
    pub owner: Option<Label>,
    /// With this in their name, id or user name, in letters of any size.
    pub part: Option<String>,
    /// Made in this time.
    pub created: Option<CreatedWhen>,
    /// In this state.
    pub state: Option<CredentialState>,
    /// Of this kind.
    pub kind: Option<CredentialKind>,
}

/// Age of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub enum CreatedWhen {
    /// At most 7 days.
    #[serde(rename = "within_7_days")]
    Within7Days,
    /// At most 30 days.
    #[serde(rename = "within_30_days")]
    Within30Days,
    /// More than 30 days.
    #[serde(rename = "before_30_days")]
    Before30Days,
}

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum ListCredentialsError {
    /// Not to this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such page.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nothing could be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Credentials, the newest first: of every account for staff, of theirs for others, and for members their own key.
///
/// # Errors
/// When they may see none, or there is no such page.
pub async fn list_credentials(
    call: &OperationContext<'_>,
    wanted: &CredentialsWanted,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Listing<CredentialRecord>, ListCredentialsError> {
    let filter = filter(call, wanted).await?;
    let mut faults = Invalid::default();
    let behind = cursor.map(str::parse::<Cursor>);
    if matches!(behind, Some(Err(_))) {
        faults.add("cursor", "is none of ours; leave it out to begin with the newest");
    }
    if !(1..=MOST).contains(&limit) {
        faults.add("limit", format!("must be 1 to {MOST}"));
    }
    faults.into_result()?;
    Ok(call.store.list_credentials(&filter, behind.and_then(Result::ok).as_ref(), limit, call.now).await?)
}

/// How many of those that are looked for are in each state, whichever state is looked for.
///
/// # Errors
/// When the caller may see none.
pub async fn count_credentials(
    call: &OperationContext<'_>,
    wanted: &CredentialsWanted,
) -> Result<StateCounts, ListCredentialsError> {
    let filter = filter(call, wanted).await?;
    Ok(call.store.count_credentials(&filter, call.now).await?)
}

/// One credential.
///
/// # Errors
/// When it is not there for this caller.
pub async fn show_credential(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, ListCredentialsError> {
    type E = ListCredentialsError;
    if call.caller.may(Right::ManageCredentials) {
        let reach = call.reach_granted::<E>(Right::ManageCredentials).await?;
        return seen::<E>(call, reach, id).await;
    }
    let holder = holder::<E>(call).await?;
    let record = seen::<E>(call, AccountScope::Only(holder.account), id).await?;
    if record.owner.as_ref() == Some(holder.user) {
        Ok(record)
    } else {
        Err(Refusal::from(NotFound("credential")).into())
    }
}

/// What they want, of what they may see.
async fn filter(
    call: &OperationContext<'_>,
    wanted: &CredentialsWanted,
) -> Result<CredentialFilter, ListCredentialsError> {
    let ago = |time| call.now.checked_sub(time).unwrap_or(Timestamp::MIN);
    let (created_from, created_before) = match wanted.created {
        None => (None, None),
        Some(CreatedWhen::Within7Days) => (Some(ago(WEEK)), None),
        Some(CreatedWhen::Within30Days) => (Some(ago(MONTH)), None),
        Some(CreatedWhen::Before30Days) => (None, Some(ago(MONTH))),
    };
    let mut filter = CredentialFilter {
        account: wanted.account.clone(),
        owner: wanted.owner.clone(),
        part: wanted.part.as_deref().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned),
        created_from,
        created_before,
        state: wanted.state,
        kind: wanted.kind,
    };
    let own = if call.caller.may(Right::ManageCredentials) {
        call.reach_granted::<ListCredentialsError>(Right::ManageCredentials).await?.only()
    } else {
        let holder = holder::<ListCredentialsError>(call).await?;
        if wanted.owner.as_ref().is_some_and(|owner| owner != holder.user) {
            return Err(Refusal::Forbidden.into());
        }
        filter.owner = Some(holder.user.clone());
        Some(holder.account)
    };
    if let Some(own) = own {
        if let Some(account) = &wanted.account {
            AccountScope::Only(own).of(account)?;
        }
        filter.account = Some(own.clone());
    }
    Ok(filter)
}
