//! The admin listener for machines: metrics, health, reload and throttle.

mod loopback_only;
mod readiness;
mod throttle;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use self::loopback_only::loopback_only;
use self::readiness::readyz;
pub use self::readiness::{Probe, Readiness};
use self::throttle::ThrottleState;
use super::DatabaseProbe;
use crate::auth::{Authenticator, Throttle};
use crate::clock::Clock;
use crate::control::outbox_health::OutboxHealth;
use crate::source::{DatabaseDirectory, ReloadHandle, ReloadOutcome};
use crate::telemetry::Metrics;

#[derive(Clone)]
pub struct Admin {
    pub metrics: Arc<Metrics>,
    pub readiness: Arc<Readiness>,
    pub reload: ReloadHandle,
    /// `None` in a process without a gate.
    pub gate: Option<GateState>,
    /// Only in a process without a gate.
    pub management: Option<Arc<DatabaseProbe>>,
    /// `None` in a process without console and management API.
    pub sign_in_throttle: Option<Arc<Throttle>>,
    /// What waits to be sent; empty where no channel is set.
    pub outbox: Arc<OutboxHealth>,
    pub clock: Clock,
}

#[derive(Clone)]
pub struct GateState {
    pub authenticator: Arc<Authenticator>,
    pub throttle: Arc<Throttle>,
    pub database: Option<Arc<DatabaseDirectory>>,
}

/// Every path of the admin listener.
pub fn router(admin: Admin) -> Router {
    let (gate, sign_in) = (admin.gate.as_ref().map(|gate| gate.throttle.clone()), admin.sign_in_throttle.clone());
    let mut local = Router::new().route("/-/reload", post(reload)).with_state(admin.clone());
    if gate.is_some() || sign_in.is_some() {
        let database = admin.gate.as_ref().and_then(|gate| gate.database.clone());
        local = local.merge(throttle::router(ThrottleState {
            gate,
            database,
            management: admin.management.clone(),
            sign_in,
            clock: admin.clock.clone(),
        }));
    }
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(admin)
        // Not `layer`, which would also answer for paths that do not exist.
        .merge(local.route_layer(from_fn(loopback_only)))
}

async fn metrics(State(admin): State<Admin>) -> Response {
    if let Some(gate) = &admin.gate {
        admin.metrics.hash_queue.set(i64::try_from(gate.authenticator.queue_depth()).unwrap_or(i64::MAX));
        admin.metrics.throttle_entries.set(i64::try_from(gate.throttle.len()).unwrap_or(i64::MAX));
        if let Some(database) = &gate.database {
            database.measure();
            admin.metrics.database_answers(database.answers(), database.is_primary());
        }
    }
    for channel in admin.outbox.channels() {
        let waiting = i64::try_from(channel.waiting).unwrap_or(i64::MAX);
        admin.metrics.outbox(channel.channel.as_str(), waiting, channel.oldest_seconds(admin.clock.now()));
    }
    if let Some(state) = &admin.management {
        admin.metrics.database_answers(state.answers(), state.is_primary());
    }
    match admin.metrics.render() {
        Ok(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot render the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn livez() -> &'static str {
    "ok\n"
}

async fn reload(State(admin): State<Admin>) -> Response {
    let (status, body) = match admin.reload.reload().await {
        ReloadOutcome::Published(difference) => {
            let mut body = json!({"in_force": true, "difference": difference});
            if let Some(database) = admin.gate.as_ref().and_then(|gate| gate.database.as_ref()) {
                let warnings = database.recheck_catalogs().await.lines();
                if !warnings.is_empty() {
                    body["warnings"] = warnings.into();
                }
            }
            (StatusCode::OK, body)
        }
        ReloadOutcome::Refused(faults) => {
            (StatusCode::UNPROCESSABLE_ENTITY, json!({"in_force": false, "faults": faults}))
        }
    };
    (status, [(CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}
