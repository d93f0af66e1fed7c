use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use super::change::read_credential;
use super::own_key::holder;
use crate::control::Sentence;
use crate::control::operations::{
    AccountScope, Invalid, MAX_PAGE_SIZE, NotFound, OperationContext, OperationError, OperationRefusal, Right,
};
use crate::credential::Label;
use crate::store::{
    AddressRecord, CredentialFilter, CredentialKind, CredentialRecord, CredentialState, Cursor, Listing, StateCounts,
};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Which credentials: all within reach that match every given field.
#[derive(Debug, Clone, Default)]
pub struct CredentialSearch {
    pub account: Option<Label>,
    /// User whose own key it is.
    pub owner: Option<Label>,
    /// Part of the name or the e-mail address of the user whose own key it is.
    pub owner_part: Option<String>,
    /// Part of name, id or user name, in any case.
    pub part: Option<String>,
    pub created: Option<CreatedWhen>,
    pub state: Option<CredentialState>,
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

/// Credentials, newest first: all for staff, those of their account for owners and implementers, their own key for
/// members.
///
/// # Errors
/// A refusal, or [`Invalid`] for a page.
pub async fn list_credentials(
    call: &OperationContext<'_>,
    search: &CredentialSearch,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Listing<CredentialRecord>, OperationError> {
    let filter = filter(call, search).await?;
    let mut faults = Invalid::default();
    let after = cursor.map(str::parse::<Cursor>);
    if matches!(after, Some(Err(_))) {
        faults.add("cursor", Sentence::CursorOfList);
    }
    if !(1..=MAX_PAGE_SIZE).contains(&limit) {
        faults.add("limit", Sentence::CountOutOfRange { max: u64::from(MAX_PAGE_SIZE).into() });
    }
    faults.into_result()?;
    Ok(call.store.list_credentials(&filter, after.and_then(Result::ok).as_ref(), limit, call.now).await?)
}

/// Number of matching credentials in each state; ignores the `state` of the search.
///
/// # Errors
/// A refusal, or a store that does not answer.
pub async fn count_credentials(
    call: &OperationContext<'_>,
    search: &CredentialSearch,
) -> Result<StateCounts, OperationError> {
    let filter = filter(call, search).await?;
    Ok(call.store.count_credentials(&filter, call.now).await?)
}

/// # Errors
/// [`NotFound`] for a credential that the caller may not read, too.
pub async fn show_credential(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, OperationError> {
    if call.caller.may(Right::ManageCredentials) {
        let reach = call.reach_granted(Right::ManageCredentials).await?;
        return read_credential(call, reach, id).await;
    }
    let holder = holder(call).await?;
    let record = read_credential(call, AccountScope::Only(holder.account), id).await?;
    if record.owner.as_ref() == Some(holder.user) {
        Ok(record)
    } else {
        Err(OperationRefusal::from(NotFound("credential")).into())
    }
}

/// The addresses that a credential was used from within 30 days, the last used first.
///
/// # Errors
/// [`NotFound`] for a credential that the caller may not read, too.
pub async fn list_used_addresses(call: &OperationContext<'_>, id: &str) -> Result<Vec<AddressRecord>, OperationError> {
    let record = show_credential(call, id).await?;
    Ok(call.store.addresses_of(record.id.as_str()).await?)
}

/// The search, limited to what the caller may read.
async fn filter(call: &OperationContext<'_>, search: &CredentialSearch) -> Result<CredentialFilter, OperationError> {
    let ago = |time| call.now.checked_sub(time).unwrap_or(Timestamp::MIN);
    let (created_from, created_before) = match search.created {
        None => (None, None),
        Some(CreatedWhen::Within7Days) => (Some(ago(WEEK)), None),
        Some(CreatedWhen::Within30Days) => (Some(ago(MONTH)), None),
        Some(CreatedWhen::Before30Days) => (None, Some(ago(MONTH))),
    };
    let trimmed =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned);
    let mut filter = CredentialFilter {
        account: search.account.clone(),
        owner: search.owner.clone(),
        owner_part: trimmed(&search.owner_part),
        part: trimmed(&search.part),
        created_from,
        created_before,
        state: search.state,
        kind: search.kind,
    };
    let own = if call.caller.may(Right::ManageCredentials) {
        call.reach_granted(Right::ManageCredentials).await?.only()
    } else {
        let holder = holder(call).await?;
        if search.owner.as_ref().is_some_and(|owner| owner != holder.user) {
            return Err(OperationRefusal::forbidden(&[Right::ManageCredentials]).into());
        }
        filter.owner = Some(holder.user.clone());
        Some(holder.account)
    };
    if let Some(own) = own {
        if let Some(account) = &search.account {
            AccountScope::Only(own).check(account)?;
        }
        filter.account = Some(own.clone());
    }
    Ok(filter)
}
