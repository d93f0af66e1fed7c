//! Requests for API access: an account creates one, the provider decides about it.

mod create;
mod decide;
mod list;
mod privacy_policy_url;
mod status;
mod withdraw;

pub use self::list::{list_access_requests, show_access_request};
pub use create::{NewAccessRequest, request_access};
pub use decide::{Decision, NotDecidable, decide_requests};
pub use status::{RequestStatus, newest_request_status};
pub use withdraw::withdraw_request;

use super::OperationReason;
use crate::control::Sentence;
use crate::control::views::{AccessRequestView, AuditState};
use crate::store::{AccessRequestRecord, AuditEntry, RequestState};

/// Conflict with the state of an account or of its requests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", Sentence::from(self))]
pub enum AccessRequestConflict {
    AlreadyGranted,
    AlreadyPending,
    NotPending(RequestState),
    /// In order of the input.
    NotDecidable(Vec<NotDecidable>),
}

impl OperationReason for AccessRequestConflict {}

impl From<&AccessRequestConflict> for Sentence {
    fn from(conflict: &AccessRequestConflict) -> Self {
        match conflict {
            AccessRequestConflict::AlreadyGranted => Self::AccessAlreadyGranted,
            AccessRequestConflict::AlreadyPending => Self::RequestPending,
            AccessRequestConflict::NotPending(state) => match state {
                RequestState::Pending => Self::RequestIsPending,
                RequestState::Approved => Self::RequestIsApproved,
                RequestState::Declined => Self::RequestIsDeclined,
                RequestState::Withdrawn => Self::RequestIsWithdrawn,
            },
            // Pages name the accounts instead of the ids.
            AccessRequestConflict::NotDecidable(requests) => {
                Self::english(format!("nothing is decided, because of: {}", decide::joined(requests)))
            }
        }
    }
}

fn entry(verb: &'static str, before: Option<&AccessRequestRecord>, after: &AccessRequestRecord) -> AuditEntry {
    AuditEntry {
        verb,
        account: Some(after.account.to_string()),
        target_kind: "access_request",
        target: after.id.to_string(),
        before: before.map(|record| AccessRequestView::from(record).audit_state()),
        after: Some(AccessRequestView::from(after).audit_state()),
    }
}
