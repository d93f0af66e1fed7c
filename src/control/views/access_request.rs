use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AuditState;
use crate::store::{AccessRequestRecord, RequestState};

/// A request for API access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AccessRequest)]
pub struct AccessRequestView {
    /// Unique, and never used again.
    pub id: String,
    /// The account that wants access.
    pub account: String,
    /// Kind of the caller who sent the request.
    pub asked_by_kind: String,
    /// Id of the caller who sent the request.
    pub asked_by: String,
    /// First day of use.
    #[schema(format = "date")]
    pub start_on: String,
    pub use_cases: Vec<String>,
    /// Address of the account's privacy policy.
    pub privacy_policy: Option<String>,
    pub state: RequestStateName,
    /// Why it was declined.
    pub reason: Option<String>,
    /// Who approved, declined or withdrew it.
    pub decided_by: Option<String>,
    #[schema(format = "date-time")]
    pub decided_at: Option<String>,
    #[schema(format = "date-time")]
    pub created_at: String,
    /// Number of changes; the ETag.
    pub revision: i64,
}

/// State of an access request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RequestState)]
pub enum RequestStateName {
    /// Waits for a decision.
    Pending,
    Approved,
    Declined,
    /// Taken back by the account before a decision.
    Withdrawn,
}

impl AuditState for AccessRequestView {}

impl From<&AccessRequestRecord> for AccessRequestView {
    fn from(record: &AccessRequestRecord) -> Self {
        Self {
            id: record.id.to_string(),
            account: record.account.to_string(),
            asked_by_kind: record.asked_by_kind.as_str().to_owned(),
            asked_by: record.asked_by.clone(),
            start_on: record.start_on.to_string(),
            use_cases: record.use_cases.iter().map(ToString::to_string).collect(),
            privacy_policy: record.privacy_policy.clone(),
            state: record.state.into(),
            reason: record.reason.clone(),
            decided_by: record.decided_by.clone(),
            decided_at: record.decided_at.map(|at| at.to_string()),
            created_at: record.created_at.to_string(),
            revision: record.revision,
        }
    }
}

impl From<RequestState> for RequestStateName {
    fn from(state: RequestState) -> Self {
        match state {
            RequestState::Pending => Self::Pending,
            RequestState::Approved => Self::Approved,
            RequestState::Declined => Self::Declined,
            RequestState::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<RequestStateName> for RequestState {
    fn from(state: RequestStateName) -> Self {
        match state {
            RequestStateName::Pending => Self::Pending,
            RequestStateName::Approved => Self::Approved,
            RequestStateName::Declined => Self::Declined,
            RequestStateName::Withdrawn => Self::Withdrawn,
        }
    }
}
