//! What is remembered about a request until its log line.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prometheus::IntGauge;
use uuid::Uuid;

use super::limits::Body;
use super::trace::Trace;
use crate::auth::{Admission, RateStatus, Rejection, Scheme};
use crate::credential::{Credential, time_ordered_id};
use crate::proxy::Policy;

/// One request.
pub struct Context {
    /// When its head had been read.
    pub(in crate::proxy) started: Instant,
    /// The same, as people tell the time.
    pub(in crate::proxy) arrived: Timestamp,
    /// In the problem document, the log line and the forwarded request alike.
    pub(in crate::proxy) request_id: Uuid,
    /// What was in force when it arrived; `None` before that.
    pub(in crate::proxy) policy: Option<Arc<Policy>>,
    /// How it presented its credential.
    pub(in crate::proxy) scheme: Scheme,
    /// Whose secret it brought, whatever the verdict was then.
    pub(in crate::proxy) recognised: Option<Arc<Credential>>,
    /// The verdict, if it was let through.
    pub(in crate::proxy) admission: Option<Admission>,
    /// How often its credential may still call, where that has a limit.
    pub(in crate::proxy) standing: Option<RateStatus>,
    /// The verdict, if it was not; or why it did not come back.
    pub(in crate::proxy) rejection: Option<Rejection>,
    /// Who is calling, network-wise.
    pub(in crate::proxy) client: Option<IpAddr>,
    /// How long the decision took.
    pub(in crate::proxy) decided_in: Duration,
    /// Whether it asks for a WebSocket.
    pub(in crate::proxy) is_websocket: bool,
    /// How much of its body has come.
    pub(in crate::proxy) body: Body,
    /// Which of the addresses of the API behind was tried last.
    pub(in crate::proxy) turn: Option<usize>,
    /// When the API behind began to answer.
    pub(in crate::proxy) upstream_answered: Option<Duration>,
    /// The status that went out.
    pub(in crate::proxy) status: u16,
    /// The span that it is, where somebody wants to know.
    pub(in crate::proxy) trace: Option<Trace>,
    /// Held while the request is in flight.
    pub(in crate::proxy) in_flight: Option<InFlight>,
}

/// Counts a request until it is dropped, on whatever way that happens.
pub(in crate::proxy) struct InFlight(IntGauge);

impl InFlight {
    /// Counts from now on.
    pub(in crate::proxy) fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Context {
    /// For a request that begins now; its id sorts by arrival.
    pub(in crate::proxy) fn new(now: Timestamp) -> Self {
        Self {
            started: Instant::now(),
            arrived: now,
            request_id: time_ordered_id(now, None),
            policy: None,
            scheme: Scheme::None,
            recognised: None,
            admission: None,
            standing: None,
            rejection: None,
            client: None,
            decided_in: Duration::ZERO,
            is_websocket: false,
            body: Body::default(),
            turn: None,
            upstream_answered: None,
            status: 0,
            trace: None,
            in_flight: None,
        }
    }
}

impl Context {
    /// What was decided, and by which policy: a reload may have come in between. `None` before that.
    pub(in crate::proxy) fn outcome(&self) -> Option<(&Policy, Result<&Admission, Rejection>)> {
        let verdict = match (self.rejection, &self.admission) {
            (Some(rejection), _) => Err(rejection),
            (None, Some(admission)) => Ok(admission),
            (None, None) => return None,
        };
        Some((self.policy.as_ref()?, verdict))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_an_id_whatever_the_clock_says() {
        for moment in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            let context = Context::new(moment);
            assert_eq!(context.request_id.get_version_num(), 7, "{moment}");
        }
        let before_1970: Timestamp = "1969-12-31T23:59:59.9995Z".parse().unwrap();
        assert_ne!(Context::new(before_1970).request_id, Context::new(before_1970).request_id);
    }
}
