//! What is remembered about a request until its log line.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::Policy;
use crate::auth::{Admission, Rejection, Scheme};

/// One request.
pub struct Context {
    /// When its head had been read.
    pub(super) started: Instant,
    /// In the problem document, the log line and the forwarded request alike.
    pub(super) request_id: Uuid,
    /// What was in force when it arrived; `None` before that.
    pub(super) policy: Option<Arc<Policy>>,
    /// How it presented its credential.
    pub(super) scheme: Scheme,
    /// The verdict, if it was let through.
    pub(super) admission: Option<Admission>,
    /// The verdict, if it was not; or why it did not come back.
    pub(super) rejection: Option<Rejection>,
    /// Who is calling, network-wise.
    pub(super) client: Option<IpAddr>,
    /// How long the decision took.
    pub(super) decided_in: Duration,
    /// When the API behind began to answer.
    pub(super) upstream_answered: Option<Duration>,
    /// The status that went out.
    pub(super) status: u16,
    /// Set while the request counts as in flight.
    pub(super) is_in_flight: bool,
}

impl Context {
    /// For a request that begins now; `millis` since 1970.
    pub(super) fn new(millis: u64) -> Self {
        let mut random = [0; 10];
        fastrand::fill(&mut random);
        Self {
            started: Instant::now(),
            request_id: uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid(),
            policy: None,
            scheme: Scheme::None,
            admission: None,
            rejection: None,
            client: None,
            decided_in: Duration::ZERO,
            upstream_answered: None,
            status: 0,
            is_in_flight: false,
        }
    }
}
