//! Who has guessed wrong, and forgetting it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::auth::{Network, Throttle};
use crate::clock::Clock;

/// What is known of wrong guesses.
#[derive(Clone)]
pub(in crate::control) struct Guesses {
    pub(in crate::control) throttle: Arc<Throttle>,
    pub(in crate::control) clock: Clock,
}

/// Looking at them, and forgetting them.
pub(in crate::control) fn router(guesses: Guesses) -> Router {
    Router::new().route("/-/throttle", get(list)).route("/-/throttle/clear", post(clear)).with_state(guesses)
}

/// Every place that wrong guesses have come from lately.
async fn list(State(guesses): State<Guesses>, RawQuery(query): RawQuery) -> Response {
    let Ok(address) = address_in(query.as_deref()) else { return bad_query() };
    let wanted = address.map(Network::of);
    let now = guesses.clock.now();
    let until = |wait| SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok());
    let entries = guesses.throttle.list(guesses.clock.steady()).into_iter();
    let entries = entries.filter(|entry| wanted.is_none_or(|wanted| wanted.address() == entry.address)).map(|entry| {
        json!({
            "kind": entry.kind,
            "address": entry.address.to_string(),
            "name": entry.name.as_deref(),
            "wrong_guesses": entry.wrong_guesses,
            "until": entry.wait.and_then(until).map(|until| until.to_string()),
        })
    });
    json(StatusCode::OK, &Value::Array(entries.collect()))
}

/// Forgets all of them, or with `?address=` those from there.
async fn clear(State(guesses): State<Guesses>, RawQuery(query): RawQuery) -> Response {
    let Ok(address) = address_in(query.as_deref()) else { return bad_query() };
    let cleared = guesses.throttle.clear(address);
    tracing::info!(cleared, "wrong guesses are forgotten");
    json(StatusCode::OK, &json!({"cleared": cleared}))
}

/// Whoever misspells the one address that was meant must not mean all of them.
fn address_in(query: Option<&str>) -> Result<Option<IpAddr>, ()> {
    let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(None) };
    query.strip_prefix("address=").and_then(|text| text.parse().ok()).map(Some).ok_or(())
}

fn bad_query() -> Response {
    (StatusCode::BAD_REQUEST, "only ?address=ADDRESS is known here\n").into_response()
}

fn json(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}
