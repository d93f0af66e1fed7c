//! What every request meets before and after its verdict, whichever listener it came to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pingora::proxy::Session;

use super::access_log::{AccessLog, Answered, Line};
use super::context::{Context, InFlight};
use super::gateway::peer;
use super::headers::is_trusted;
use super::limits;
use crate::proxy::connection::head_timeout;
use crate::proxy::upstream::websocket;
use crate::proxy::{Decider, Tracer};
use crate::telemetry::method_index;

/// Reading the rest of a refused request is given up after this.
const DRAIN: Duration = Duration::from_secs(2);

/// Where requests arrive and are seen off. Clones are one.
#[derive(Clone)]
pub struct RequestLifecycle {
    /// Decides.
    pub judge: Decider,
    /// Writes a line a request, where set.
    pub access_log: Option<Arc<AccessLog>>,
    /// Tells of requests as spans, where set.
    pub tracer: Option<Tracer>,
    /// How long an idle connection is kept; as at the start, like the deadlines around it.
    pub keep_alive: Duration,
    /// Set once the process has been told to stop: callers are sent away, connection by connection.
    pub is_stopping: Arc<AtomicBool>,
}

/// What a request was about.
#[derive(Clone, Copy)]
pub(in crate::proxy) struct About<'a> {
    pub(in crate::proxy) method: &'a str,
    pub(in crate::proxy) target: &'a [u8],
    /// The status that its caller gets from somebody else, who was told so.
    pub(in crate::proxy) told: Option<u16>,
}

impl RequestLifecycle {
    /// A request that begins now.
    pub(in crate::proxy) fn greet(&self) -> Context {
        Context::new(self.judge.clock.now())
    }

    /// Its head has been read: from now on it is counted, may take so long and no longer, and is decided by what is in
    /// force now, from beginning to end.
    pub(in crate::proxy) fn receive(&self, session: &mut Session, context: &mut Context) {
        head_timeout::head_arrived();
        context.in_flight = Some(InFlight::new(&self.judge.metrics.in_flight));
        let policy = self.judge.policy.load_full();
        if let Some(tracer) = &self.tracer {
            let is_trusted = peer(session).is_some_and(|peer| is_trusted(peer, &policy.trusted_proxies));
            context.trace = tracer.begin(&session.req_header().headers, is_trusted);
        }
        let (timeouts, limits) = (&policy.timeouts, &policy.limits);
        if session.get_keepalive().is_some() {
            session.set_keepalive(Some(self.keep_alive.as_secs().max(1)));
        }
        self.send_away_if_stopping(session);
        context.is_websocket = websocket::is_websocket(session.req_header());
        let silence =
            if context.is_websocket { timeouts.upgraded.duration() } else { limits::patience(None, timeouts, limits) };
        session.set_read_timeout(Some(silence));
        session.set_write_timeout(Some(timeouts.client.duration()));
        session.set_total_drain_timeout(Some(DRAIN));
        context.policy = Some(policy);
    }

    /// A caller who keeps its connection would be cut off when the process ends; this one comes back
    /// somewhere else.
    pub(in crate::proxy) fn send_away_if_stopping(&self, session: &mut Session) {
        if self.is_stopping.load(Ordering::Relaxed) {
            session.set_keepalive(None);
        }
    }

    /// It is over: counts what became of it, and tells of it.
    pub(in crate::proxy) fn see_off(&self, session: &Session, context: &mut Context, about: About) {
        let About { method, target, told } = about;
        let written = session.response_written().map(|head| head.status.as_u16());
        context.status = told.or(written).unwrap_or(context.status);
        let metrics = &self.judge.metrics;
        metrics.answered(method_index(method), context.status);
        metrics.request_duration.observe(context.started.elapsed().as_secs_f64());
        if self.access_log.is_some() || context.trace.is_some() {
            let end = target.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
            let path = String::from_utf8_lossy(&target[..end]);
            let answered =
                Answered { now: self.judge.clock.now(), method, path: &path, bytes: session.body_bytes_sent() };
            self.tell(context, &answered);
        }
        // Last, because a process that is told to stop leaves once nothing is in flight.
        context.in_flight = None;
    }

    fn tell(&self, context: &Context, answered: &Answered) {
        let line = Line::new(context, answered);
        if let Some(log) = &self.access_log {
            log.write(&line);
        }
        if let (Some(tracer), Some(trace)) = (&self.tracer, context.trace) {
            tracer.end(trace, &line);
        }
    }
}
