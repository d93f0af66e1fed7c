//! The provider decides about requests: all that are named, or none of them.

use std::fmt;

use super::entry;
use crate::control::operations::accounts::entry as account_entry;
use crate::control::operations::text_rules::fault_of_line;
use crate::control::operations::{Invalid, OperationContext, Refusal, Right};
use crate::credential::Label;
use crate::store::{AccessRequestRecord, AccountRecord, RequestState, StoreError, whole_millis};

const MOST: usize = 200;
const LONGEST_REASON: usize = 1000;

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The accounts may use the API.
    Approve,
    /// They may not, and are told why; 1 to 1000 characters.
    Decline(String),
}

/// A request about which nothing can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDecidable {
    /// As it was given.
    pub id: String,
    /// How it stands; `None` where there is no such request.
    pub state: Option<RequestState>,
}

/// Why nothing has been decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideRequestsError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not with what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Some of them do not wait for a decision; which, in the order in which they were given.
    #[error("nothing is decided, because of: {}", joined(.0))]
    NotDecidable(Vec<NotDecidable>),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides about 1 to 200 requests. Approved, their accounts have access at once, unless they have switched it off.
/// Who is to be told stands in what is returned, in the order of the ids. A revision that is expected must be that
/// of each.
///
/// # Errors
/// Nothing has happened then.
pub async fn decide_requests(
    call: &OperationContext<'_>,
    ids: &[String],
    decision: &Decision,
) -> Result<Vec<AccessRequestRecord>, DecideRequestsError> {
    let reach = call.reach(Right::GrantAccess)?;
    check(ids, decision)?;
    // What cannot be an id is none; a server would not even look for it.
    let mut wanted: Vec<&str> = ids.iter().map(String::as_str).filter(|id| id.parse::<Label>().is_ok()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut transaction = call.begin().await??;
    let mut known = transaction.access_requests(&wanted).await?;
    known.retain(|record| reach.covers(&record.account));
    find_undecidable(ids, &known)?;
    known.iter().try_for_each(|record| call.expects(record.revision))?;
    let grants = match decision {
        Decision::Approve => {
            let mut accounts: Vec<&str> = known.iter().map(|record| record.account.as_str()).collect();
            accounts.sort_unstable();
            transaction.accounts(&accounts).await?
        }
        Decision::Decline(_) => Vec::new(),
    };
    let decided: Vec<AccessRequestRecord> = known.iter().map(|record| after(call, record, decision)).collect();
    let verb = match decision {
        Decision::Approve => "approve_request",
        Decision::Decline(_) => "decline_request",
    };
    let mut entries: Vec<_> =
        known.iter().zip(&decided).map(|(before, after)| entry(verb, Some(before), after)).collect();
    let mut granted = Vec::new();
    for before in grants.iter().filter(|account| !account.granted) {
        let after = AccountRecord { granted: true, revision: before.revision + 1, ..before.clone() };
        entries.push(account_entry("grant_access", Some(before), &after));
        granted.push(after);
    }
    transaction.put_access_requests(&decided).await?;
    transaction.put_accounts(&granted).await?;
    transaction.audit_all(call.actor(), &entries).await?;
    transaction.commit().await?;
    Ok(decided)
}

fn check(ids: &[String], decision: &Decision) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    if !(1..=MOST).contains(&ids.len()) {
        invalid.add("ids", format!("must be 1 to {MOST}"));
    }
    if let Decision::Decline(reason) = decision
        && let Some(problem) = fault_of_line(reason, LONGEST_REASON)
    {
        invalid.add("reason", problem);
    }
    invalid.into_result()
}

fn find_undecidable(ids: &[String], known: &[AccessRequestRecord]) -> Result<(), DecideRequestsError> {
    let mut odd: Vec<NotDecidable> = Vec::new();
    for id in ids {
        let state = known.iter().find(|record| record.id.as_str() == id).map(|record| record.state);
        if state != Some(RequestState::Pending) && !odd.iter().any(|odd| odd.id == *id) {
            odd.push(NotDecidable { id: id.clone(), state });
        }
    }
    if odd.is_empty() { Ok(()) } else { Err(DecideRequestsError::NotDecidable(odd)) }
}

fn after(call: &OperationContext<'_>, before: &AccessRequestRecord, decision: &Decision) -> AccessRequestRecord {
    let (state, reason) = match decision {
        Decision::Approve => (RequestState::Approved, None),
        Decision::Decline(reason) => (RequestState::Declined, Some(reason.clone())),
    };
    AccessRequestRecord {
        state,
        reason,
        decided_by: Some(call.actor().id.clone()),
        decided_at: Some(whole_millis(call.now)),
        revision: before.revision + 1,
        ..before.clone()
    }
}

impl fmt::Display for NotDecidable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            Some(state) => write!(f, "{} is {} already", self.id.escape_debug(), state.as_str()),
            None => write!(f, "no access request has the id {}", self.id.escape_debug()),
        }
    }
}

fn joined(odd: &[NotDecidable]) -> String {
    odd.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
