//! `/status`: this process, for staff. It shows only; reloading and clearing are for the admin listener and the command
//! line.

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::routing::get;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::webhooks::state_message;
use crate::auth::{Throttle, ThrottleEntry};
use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::operations::Right;
use crate::control::web::state::ControlState;
use crate::control::{Admin, Probe, Sentence};
use crate::credential::midnight;
use crate::source::ReloadOutcome;
use crate::store::SchemaState;

/// Blocked ones come first.
const MAX_THROTTLE_LINES: usize = 50;

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Provider,
    place: 90,
    label: "status-title",
    path: "/status",
    is_visible: |standing| standing.may(Right::GrantAccess),
    count: None,
}];

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route("/status", get(status))
}

#[derive(Template)]
#[template(path = "status.html")]
struct Status<'p> {
    v: &'p Visit,
    build: &'static str,
    reload: Option<Reload>,
    probes: Vec<ProbeLine>,
    /// Since the gate has applied all changes of the database.
    age: Option<String>,
    database: &'static str,
    /// `None` where the database does not answer.
    schema: Option<SchemaState>,
    versions: Vec<VersionLine>,
    webhooks: Option<WebhookQueue>,
    throttle: Vec<ThrottleLine>,
    /// Not among those shown.
    more: usize,
}

enum Reload {
    /// What has changed.
    Published(String),
    /// One line each.
    Refused(Vec<String>),
}

struct ProbeLine {
    name: Sentence,
    /// The words of the database, the servers and the settings.
    details: Vec<String>,
    is_ok: bool,
}

struct VersionLine {
    name: String,
    /// A message.
    state: &'static str,
    is_served: bool,
    deprecated_on: Option<String>,
    sunset_on: Option<String>,
    retired_on: Option<String>,
}

/// Of all processes on the database.
struct WebhookQueue {
    /// Events and deliveries.
    waiting: u64,
    /// When the earliest attempt was due, if that time has passed.
    late_since: Option<Timestamp>,
    /// How many webhooks are in each state, which is a message.
    states: Vec<(&'static str, u64)>,
}

struct ThrottleLine {
    /// A message.
    place: &'static str,
    /// A message.
    kind: &'static str,
    entry: ThrottleEntry,
    until: Option<Timestamp>,
}

async fn status(visit: Visit) -> Answer {
    visit.require(Right::GrantAccess)?;
    let process = visit.state.process.as_ref();
    let mut throttle = throttle_lines(&visit, process);
    let more = throttle.len().saturating_sub(MAX_THROTTLE_LINES);
    throttle.truncate(MAX_THROTTLE_LINES);
    let gate = process.and_then(|process| process.gate.as_ref());
    let age = gate.and_then(|gate| gate.database.as_ref()).and_then(|database| database.age());
    let body = Status {
        v: &visit,
        build: env!("CARGO_PKG_VERSION"),
        reload: process.map(|process| Reload::from(process.reload.last())),
        probes: process.map_or_else(Vec::new, |process| process.probes().into_iter().map(ProbeLine::from).collect()),
        age: age.map(|age| visit.tn("status-age", &age.as_secs())),
        database: if visit.state.store.is_embedded() { "SQLite" } else { "PostgreSQL" },
        schema: visit.state.store.schema().await.ok(),
        versions: version_lines(&visit),
        webhooks: webhook_queue(&visit).await,
        throttle,
        more,
    };
    visit.show(Page::new(visit.t("status-title"), &body)?)
}

/// `None` without webhooks, and where the database does not answer.
async fn webhook_queue(visit: &Visit) -> Option<WebhookQueue> {
    visit.settings.webhooks.as_ref()?;
    let backlog = visit.state.store.webhook_backlog(visit.now).await.ok()?;
    let oldest = [backlog.oldest, backlog.oldest_event].into_iter().flatten().min();
    Some(WebhookQueue {
        waiting: backlog.events + backlog.waiting,
        late_since: oldest.filter(|due| *due < visit.now),
        states: backlog.states.into_iter().map(|(state, count)| (state_message(state), count)).collect(),
    })
}

fn version_lines(visit: &Visit) -> Vec<VersionLine> {
    let day = |date: Option<Date>| date.map(|date| visit.date(date));
    let is_past = |date: Option<Date>| date.and_then(midnight).is_some_and(|moment| moment <= visit.now);
    let line = |version: &crate::credential::Version| VersionLine {
        name: version.name.to_string(),
        state: match version.is_retired(visit.now) {
            true => "status-version-retired",
            false if is_past(version.deprecated_on) => "status-version-deprecated",
            false => "status-version-served",
        },
        is_served: !version.is_retired(visit.now),
        deprecated_on: day(version.deprecated_on),
        sunset_on: day(version.sunset_on),
        retired_on: day(version.retired_on),
    };
    visit.settings.versions.known.iter().map(line).collect()
}

/// Wrong guesses at the gate and at sign-in; those who wait longest first.
fn throttle_lines(visit: &Visit, process: Option<&Admin>) -> Vec<ThrottleLine> {
    let steady = visit.state.clock.steady();
    let until = |wait: Duration| {
        let wait = SignedDuration::try_from(wait).ok()?;
        visit.now.checked_add(wait).ok()
    };
    let lines = |place: &'static str, throttle: &Throttle| {
        let line = move |entry: ThrottleEntry| ThrottleLine {
            place,
            kind: match entry.kind {
                "tokens" => "status-throttle-tokens",
                "passwords" => "status-throttle-passwords",
                _ => "status-throttle-pair",
            },
            until: entry.wait.and_then(until),
            entry,
        };
        throttle.list(steady).into_iter().map(line).collect::<Vec<_>>()
    };
    let gate = process.and_then(|process| process.gate.as_ref());
    let mut all = gate.map_or_else(Vec::new, |gate| lines("status-at-gate", &gate.throttle));
    all.extend(lines("status-at-sign-in", &visit.state.throttles.sign_in));
    all.sort_by_key(|entry| std::cmp::Reverse(entry.until));
    all
}

impl From<ReloadOutcome> for Reload {
    fn from(outcome: ReloadOutcome) -> Self {
        match outcome {
            ReloadOutcome::Published(difference) => Self::Published(difference),
            ReloadOutcome::Refused(faults) => Self::Refused(faults.to_string().lines().map(str::to_owned).collect()),
        }
    }
}

impl From<Probe> for ProbeLine {
    fn from(Probe { name, details, is_ok, .. }: Probe) -> Self {
        Self { name, details, is_ok }
    }
}
