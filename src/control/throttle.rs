//! Who has guessed wrong, and forgetting it.

use std::net::IpAddr;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Admin;
use super::admin::comes_from_a_page;
use crate::auth::Network;

/// Every place that wrong guesses have come from lately.
pub(super) async fn list(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    let Ok(address) = address_in(query.as_deref()) else { return bad_query() };
    let wanted = address.map(Network::of);
    let now = admin.clock.now();
    let until = |wait| SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok());
    let entries = admin.throttle.list(admin.clock.steady()).into_iter();
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
pub(super) async fn clear(State(admin): State<Admin>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if comes_from_a_page(&headers) {
        return (StatusCode::FORBIDDEN, "a page in a browser may not clear\n").into_response();
    }
    let Ok(address) = address_in(query.as_deref()) else { return bad_query() };
    let cleared = admin.throttle.clear(address);
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
