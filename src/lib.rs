//! Claviger: a gate that checks API credentials in front of an existing API, and the control plane that manages them.
//!
//! The modules in reading order; `tests/it/layering.rs` holds which of them may import which.

#![forbid(unsafe_code)]
#![warn(unreachable_pub)]

// What a credential is: token, password, scopes, version.
pub mod credential;

// Who is calling, and may they? Decides without I/O.
pub mod auth;

// The system clock, and one for tests.
pub mod clock;

// Thread priority and deferred drops.
pub mod runtime;

// Settings: raw, then typed.
pub mod config;

// Files that hold credentials: YAML, CSV, htpasswd.
pub mod formats;

// What leaves by itself: mails, text messages.
pub mod delivery;

// The database; the only SQL.
pub mod store;

// Where credentials come from: a watched file, a cached database.
pub mod source;

// The data plane: requests on their way to the API.
pub mod proxy;

// The control plane: operations on credentials and the management API.
pub mod control;

// Metrics, logs, traces.
pub mod telemetry;

// Both planes in one process: listeners, signals, readiness, upgrades.
pub mod server;

// The command line.
pub mod cli;
