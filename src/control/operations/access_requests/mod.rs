//! What can be done about access that has not been granted yet: an account asks, the provider decides.

mod ask;
mod decide;
mod list;
mod policy_address;
mod withdraw;

pub use self::list::{list_access_requests, show_access_request};
pub use ask::{AskForAccessError, NewAccessRequest, ask_for_access};
pub use decide::{DecideRequestsError, Decision, NotDecidable, decide_requests};
pub use withdraw::{WithdrawRequestError, withdraw_request};

use crate::control::views::{AccessRequestView, AuditState};
use crate::store::{AccessRequestRecord, AuditEntry};

/// A line of the audit about a request.
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
