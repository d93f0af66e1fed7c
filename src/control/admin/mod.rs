//! Metrics, health and reload over HTTP.

pub(super) mod loopback_only;
pub(super) mod throttle;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use self::loopback_only::require_loopback;
use self::throttle::Guesses;
use super::{DatabaseProbe, Probe, Readiness};
use crate::auth::{Authenticator, Throttle};
use crate::clock::Clock;
use crate::source::{DatabaseDirectory, ReloadHandle, ReloadOutcome};
use crate::telemetry::Metrics;

/// What the admin listener knows.
#[derive(Clone)]
pub struct Admin {
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Whether requests should come.
    pub readiness: Arc<Readiness>,
    /// Reads files again.
    pub reload: ReloadHandle,
    /// What there is to know of the gate, where there is one.
    pub gate: Option<GateState>,
    /// The database of a desk alone.
    pub management: Option<Arc<DatabaseProbe>>,
    /// Tells the time.
    pub clock: Clock,
}

/// What operators see of a gate.
#[derive(Clone)]
pub struct GateState {
    /// Knows how long the queue is.
    pub authenticator: Arc<Authenticator>,
    /// Knows who has guessed.
    pub throttle: Arc<Throttle>,
    /// Knows how old its knowledge is.
    pub database: Option<Arc<DatabaseDirectory>>,
}

/// Every path of the admin listener.
pub fn router(admin: Admin) -> Router {
    let guesses =
        admin.gate.as_ref().map(|gate| Guesses { throttle: gate.throttle.clone(), clock: admin.clock.clone() });
    let mut for_operators = Router::new().route("/-/reload", post(reload)).with_state(admin.clone());
    if let Some(guesses) = guesses {
        for_operators = for_operators.merge(throttle::router(guesses));
    }
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(admin)
        .merge(for_operators.layer(from_fn(require_loopback)))
}

async fn metrics(State(admin): State<Admin>) -> Response {
    if let Some(gate) = &admin.gate {
        admin.metrics.hash_queue.set(i64::try_from(gate.authenticator.queue_depth()).unwrap_or(i64::MAX));
        admin.metrics.throttle_entries.set(i64::try_from(gate.throttle.len()).unwrap_or(i64::MAX));
        if let Some(database) = &gate.database {
            database.measure();
            admin.metrics.database_answers(database.answers());
        }
    }
    if let Some(state) = &admin.management {
        admin.metrics.database_answers(state.is_there());
    }
    match admin.metrics.render() {
        Ok(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn livez() -> &'static str {
    "ok\n"
}

async fn readyz(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    let probes = admin.probes();
    let is_ready = probes.iter().all(|probe| probe.is_ok || !probe.is_vital);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut text = String::new();
    let is_verbose = query.is_some_and(|query| query.split('&').any(|pair| pair.split('=').next() == Some("verbose")));
    if is_verbose {
        for Probe { name, is_ok, .. } in probes {
            // Writing to a string cannot fail.
            let _never = writeln!(text, "[{}] {name}", if is_ok { '+' } else { '-' });
        }
    }
    text.push_str(if is_ready { "ok\n" } else { "not ready\n" });
    (status, text).into_response()
}

async fn reload(State(admin): State<Admin>) -> Response {
    let (status, body) = match admin.reload.reload().await {
        ReloadOutcome::Published(difference) => (StatusCode::OK, json!({"in_force": true, "difference": difference})),
        ReloadOutcome::Refused(faults) => {
            (StatusCode::UNPROCESSABLE_ENTITY, json!({"in_force": false, "faults": faults}))
        }
    };
    (status, [(CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}

impl Admin {
    /// A database that is gone is gone for the whole fleet: it must not take all of it out of service. One that was
    /// never there is another matter, and so is a desk, which is nothing without.
    fn probes(&self) -> Vec<Probe> {
        let is_published = matches!(self.reload.last(), ReloadOutcome::Published(_));
        let mut probes = vec![
            Probe { name: "files on disk are in force", is_ok: is_published, is_vital: false },
            Probe { name: "not stopping", is_ok: !self.readiness.is_stopping(), is_vital: true },
        ];
        if let Some(state) = &self.management {
            probes.push(Probe { name: "database answers", is_ok: state.is_there(), is_vital: true });
        }
        if let Some(database) = self.gate.as_ref().and_then(|gate| gate.database.as_ref()) {
            probes.push(Probe { name: "database has been read", is_ok: database.is_synced(), is_vital: true });
            probes.push(Probe { name: "database is followed", is_ok: database.is_followed(), is_vital: false });
        }
        probes
    }
}
