use std::fmt;

use super::{AccessRequestConflict, entry};
use crate::control::Sentence;
use crate::control::operations::accounts::entry as account_entry;
use crate::control::operations::text_rules::line_fault;
use crate::control::operations::{Invalid, OperationContext, OperationError, Right, notice_mails};
use crate::credential::Label;
use crate::store::{AccessRequestRecord, AccountRecord, ActorKind, Purpose, RequestState, whole_millis};

const MAX_REQUESTS: usize = 200;
const MAX_REASON_LENGTH: usize = 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Grants access.
    Approve,
    /// With the reason for the account; 1 to 1000 characters.
    Decline(String),
}

/// A request that does not wait for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDecidable {
    /// As in the input.
    pub id: String,
    /// `None` where no request has the id.
    pub state: Option<RequestState>,
}

/// Decides about 1 to 200 requests, all of them or none, and returns them in order of their ids. Accounts of approved
/// requests have access at once, unless they have switched it off. An expected revision must be that of each request.
///
/// # Errors
/// A refusal; [`Invalid`]; [`AccessRequestConflict::NotDecidable`] with all requests that do not wait for a decision.
pub async fn decide_requests(
    call: &OperationContext<'_>,
    ids: &[String],
    decision: &Decision,
) -> Result<Vec<AccessRequestRecord>, OperationError<AccessRequestConflict>> {
    let reach = call.reach(Right::GrantAccess)?;
    check(ids, decision)?;
    // Text that is no label is no id.
    let mut wanted: Vec<&str> = ids.iter().map(String::as_str).filter(|id| id.parse::<Label>().is_ok()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut transaction = call.begin().await?;
    let mut found = transaction.access_requests(&wanted).await?;
    found.retain(|record| reach.covers(&record.account));
    check_pending(ids, &found)?;
    found.iter().try_for_each(|record| call.check_revision(record.revision))?;
    let grants = match decision {
        Decision::Approve => {
            let mut accounts: Vec<&str> = found.iter().map(|record| record.account.as_str()).collect();
            accounts.sort_unstable();
            transaction.accounts(&accounts).await?
        }
        Decision::Decline(_) => Vec::new(),
    };
    let decided: Vec<AccessRequestRecord> =
        found.iter().map(|record| decided_request(call, record, decision)).collect();
    let verb = match decision {
        Decision::Approve => "approve_request",
        Decision::Decline(_) => "decline_request",
    };
    let mut entries: Vec<_> =
        found.iter().zip(&decided).map(|(before, after)| entry(verb, Some(before), after)).collect();
    let mut granted = Vec::new();
    for before in grants.iter().filter(|account| !account.granted) {
        let after = AccountRecord { granted: true, revision: before.revision + 1, ..before.clone() };
        entries.push(account_entry("grant_access", Some(before), &after));
        granted.push(after);
    }
    transaction.put_access_requests(&decided).await?;
    transaction.put_accounts(&granted).await?;
    let purpose = match decision {
        Decision::Approve => Purpose::AccessApproved,
        Decision::Decline(_) => Purpose::AccessDeclined,
    };
    for request in &decided {
        let asker = (request.asked_by_kind == ActorKind::User).then_some(request.asked_by.as_str());
        notice_mails::to_account(call, &mut transaction, (purpose, &request.id), &request.account, asker).await?;
    }
    call.record_all(&mut transaction, call.actor(), &entries).await?;
    transaction.commit().await?;
    Ok(decided)
}

fn check(ids: &[String], decision: &Decision) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    if !(1..=MAX_REQUESTS).contains(&ids.len()) {
        invalid.add("ids", Sentence::CountOutOfRange { max: MAX_REQUESTS.into() });
    }
    if let Decision::Decline(reason) = decision
        && let Some(problem) = line_fault(reason, MAX_REASON_LENGTH)
    {
        invalid.add("reason", problem);
    }
    invalid.into_result()
}

fn check_pending(ids: &[String], found: &[AccessRequestRecord]) -> Result<(), AccessRequestConflict> {
    let mut others: Vec<NotDecidable> = Vec::new();
    for id in ids {
        let state = found.iter().find(|record| record.id.as_str() == id).map(|record| record.state);
        if state != Some(RequestState::Pending) && !others.iter().any(|other| other.id == *id) {
            others.push(NotDecidable { id: id.clone(), state });
        }
    }
    if others.is_empty() { Ok(()) } else { Err(AccessRequestConflict::NotDecidable(others)) }
}

fn decided_request(
    call: &OperationContext<'_>,
    before: &AccessRequestRecord,
    decision: &Decision,
) -> AccessRequestRecord {
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
            Some(state) => write!(f, "{} is already {}", self.id.escape_debug(), state.as_str()),
            None => write!(f, "no access request has the id {}", self.id.escape_debug()),
        }
    }
}

pub(super) fn joined(requests: &[NotDecidable]) -> String {
    requests.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
