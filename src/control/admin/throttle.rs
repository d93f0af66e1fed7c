//! Wrong passwords and tokens that this process counts, at the gate and at sign-in: list and clear.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::{RoundMode, SignedDuration, TimestampRound, Unit};
use serde_json::{Value, json};

use crate::auth::{Network, Throttle, ThrottleEntry};
use crate::clock::Clock;
use crate::control::DatabaseProbe;
use crate::source::DatabaseDirectory;

#[derive(Clone)]
pub(super) struct ThrottleState {
    pub(super) gate: Option<Arc<Throttle>>,
    /// Clears the throttles of the other processes.
    pub(super) database: Option<Arc<DatabaseDirectory>>,
    /// The same in a process without a gate.
    pub(super) management: Option<Arc<DatabaseProbe>>,
    /// Of the console and the management API.
    pub(super) sign_in: Option<Arc<Throttle>>,
    pub(super) clock: Clock,
}

pub(super) fn router(state: ThrottleState) -> Router {
    Router::new().route("/-/throttle", get(list)).route("/-/throttle/clear", post(clear)).with_state(state)
}

impl ThrottleState {
    fn throttles(&self) -> impl Iterator<Item = (&'static str, &Throttle)> {
        let all = [("gate", &self.gate), ("sign-in", &self.sign_in)];
        all.into_iter().filter_map(|(place, throttle)| Some((place, throttle.as_deref()?)))
    }
}

/// Every counter, or with `?address=` those of its network.
async fn list(State(state): State<ThrottleState>, RawQuery(query): RawQuery) -> Response {
    let Ok(address) = address_in(query.as_deref()) else { return bad_query() };
    let wanted = address.map(Network::of);
    let now = state.clock.now();
    let until = |wait| {
        let end = now.checked_add(SignedDuration::try_from(wait).ok()?).ok()?;
        end.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil)).ok()
    };
    let entries = state
        .throttles()
        .flat_map(|(place, throttle)| throttle.list(state.clock.steady()).into_iter().map(move |entry| (place, entry)));
    let is_wanted = |entry: &ThrottleEntry| wanted.is_none_or(|wanted| wanted.address() == entry.address);
    let entries = entries.filter(|(_, entry)| is_wanted(entry)).map(|(place, entry)| {
        json!({
            "at": place,
            "kind": entry.kind,
            "address": entry.address.to_string(),
            "name": entry.name.as_deref(),
            "wrong_guesses": entry.wrong_guesses,
            "until": entry.wait.and_then(until).map(|until| until.to_string()),
        })
    });
    json(StatusCode::OK, &Value::Array(entries.collect()))
}

/// Clears every counter, or with `?address=` those of its network; with a database at the other gates as well.
async fn clear(State(state): State<ThrottleState>, RawQuery(query): RawQuery) -> Response {
    let Ok(address) = address_in(query.as_deref()) else { return bad_query() };
    let cleared: usize = state.throttles().map(|(_, throttle)| throttle.clear(address)).sum();
    if let Some(database) = &state.database {
        database.clear_throttles(address);
    }
    if let Some(management) = &state.management {
        management.clear_throttles(address).await;
    }
    let reaches_others = state.database.is_some() || state.management.is_some();
    tracing::info!(cleared, "the throttle was cleared");
    json(StatusCode::OK, &json!({"cleared": cleared, "others": reaches_others}))
}

/// A misspelt query is an error and not a missing one: it must not clear everything.
fn address_in(query: Option<&str>) -> Result<Option<IpAddr>, ()> {
    let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(None) };
    query.strip_prefix("address=").and_then(|text| text.parse().ok()).map(Some).ok_or(())
}

fn bad_query() -> Response {
    (StatusCode::BAD_REQUEST, "the only query is ?address=ADDRESS\n").into_response()
}

fn json(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}
