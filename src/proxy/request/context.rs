//! The state of one request, from its head to its log line.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use pingora::{Error, ErrorType};
use prometheus::IntGauge;
use uuid::Uuid;

use super::limits::Body;
use super::trace::Trace;
use crate::auth::{RateStatus, Rejection, Scheme};
use crate::credential::{Credential, time_ordered_id};
use crate::proxy::Policy;
use crate::proxy::decide::Decision;
use crate::proxy::decide::admitted::Admitted;
use crate::proxy::request_memory::HeadPermit;
use crate::proxy::respond::Refusal;
use crate::proxy::upstream::Attempts;
use crate::proxy::upstream::failure::Failure;

/// The state of one request.
pub struct Context {
    /// When its head had been read.
    pub(in crate::proxy) started: Instant,
    pub(in crate::proxy) received_at: Timestamp,
    /// The same in the problem document, the log line and the forwarded request.
    pub(in crate::proxy) request_id: Uuid,
    /// What was in force when it arrived; of a decided request, what it was decided by.
    pub(in crate::proxy) policy: Arc<Policy>,
    /// The other end of the connection; `None` where that is no IP address.
    pub(in crate::proxy) peer: Option<IpAddr>,
    pub(in crate::proxy) scheme: Scheme,
    /// The credential whose secret was presented, whatever the verdict.
    pub(in crate::proxy) recognised: Option<Arc<Credential>>,
    admitted: Option<Admitted>,
    /// That of the page that may read the response.
    pub(in crate::proxy) origin: Option<HeaderValue>,
    /// A preflight that was answered here.
    pub(in crate::proxy) is_preflight: bool,
    /// `None` where the credential has no limit.
    pub(in crate::proxy) rate_status: Option<RateStatus>,
    /// Why it was refused, or why an admitted request failed.
    pub(in crate::proxy) rejection: Option<Rejection>,
    pub(in crate::proxy) client: Option<IpAddr>,
    pub(in crate::proxy) decision_time: Duration,
    pub(in crate::proxy) is_websocket: bool,
    /// The request line has a character that pingora has escaped.
    pub(in crate::proxy) has_illegal_target: bool,
    /// Seconds for which the connection may be kept, as the client and the settings want it; `None` closes it.
    pub(in crate::proxy) keep_alive: Option<u64>,
    /// A whole response was sent.
    pub(in crate::proxy) is_answered: bool,
    pub(in crate::proxy) body: Body,
    /// At the upstream.
    pub(in crate::proxy) attempts: Attempts,
    /// Of the last attempt that failed; a later one may have succeeded.
    pub(in crate::proxy) failure: Option<Failure>,
    /// The client left before its response ended.
    pub(in crate::proxy) is_client_closed: bool,
    /// Why an admitted request has no response, or no whole one.
    pub(in crate::proxy) cause: Option<Cow<'static, str>>,
    /// From `started` to the head of the upstream's response.
    pub(in crate::proxy) upstream_answered: Option<Duration>,
    /// The status that was sent; 0 for none.
    pub(in crate::proxy) status: u16,
    /// `None` where the request is not sampled.
    pub(in crate::proxy) trace: Option<Trace>,
    /// The memory of the head; `None` where there is no room for it, and once it was freed.
    pub(in crate::proxy) head: Option<HeadPermit>,
    /// The head was freed, so the request cannot be sent again.
    pub(in crate::proxy) is_head_freed: bool,
    /// Held while the request is in flight.
    pub(in crate::proxy) in_flight: Option<InFlight>,
}

/// Counts a request as in flight until it is dropped.
pub(in crate::proxy) struct InFlight(IntGauge);

impl InFlight {
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
    /// For a request whose head was read `now`.
    pub(in crate::proxy) fn new(now: Timestamp, policy: Arc<Policy>) -> Self {
        Self {
            started: Instant::now(),
            received_at: now,
            request_id: time_ordered_id(now, None),
            policy,
            peer: None,
            scheme: Scheme::None,
            recognised: None,
            admitted: None,
            origin: None,
            is_preflight: false,
            rate_status: None,
            rejection: None,
            client: None,
            decision_time: Duration::ZERO,
            is_websocket: false,
            has_illegal_target: false,
            keep_alive: None,
            is_answered: false,
            body: Body::default(),
            attempts: Attempts::default(),
            failure: None,
            is_client_closed: false,
            cause: None,
            upstream_answered: None,
            status: 0,
            trace: None,
            head: None,
            is_head_freed: false,
            in_flight: None,
        }
    }

    /// Takes a decision in.
    ///
    /// # Errors
    /// The rejection, where it is one.
    pub(in crate::proxy) fn record(&mut self, decision: Decision) -> Result<(), Rejection> {
        let Decision { verdict, facts, policy, time } = decision;
        self.policy = policy;
        self.decision_time = time;
        self.client = facts.client;
        self.scheme = facts.scheme;
        self.recognised = facts.recognised;
        self.rate_status = facts.rate_status;
        match verdict {
            Ok(admitted) => {
                self.admitted = Some(admitted);
                Ok(())
            }
            Err(rejection) => {
                self.rejection = Some(rejection);
                self.status = rejection.status().as_u16();
                Err(rejection)
            }
        }
    }

    /// # Errors
    /// Before a decision admits the request.
    pub(in crate::proxy) fn admitted(&self) -> pingora::Result<&Admitted> {
        self.admitted.as_ref().ok_or_else(|| Error::new(ErrorType::InternalError))
    }

    /// Keeps the origin of the page that may read the response. `headers` are those of the request, as it came.
    pub(in crate::proxy) fn find_origin(&mut self, headers: &HeaderMap) {
        let origins = self.policy.rules.origins.as_ref();
        self.origin = origins.and_then(|origins| origins.find(headers)).cloned();
    }

    pub(in crate::proxy) fn refusal(&self, rejection: Rejection) -> Refusal {
        Refusal {
            rejection,
            presented: self.scheme,
            rate_status: self.rate_status,
            id: self.request_id,
            origin: self.origin.clone(),
        }
    }
}
