//! Claviger, keeper of the keys: a gate that checks API credentials in front of an API that exists.
//!
//! In reading order:

#![forbid(unsafe_code)]

// What a credential is.
pub mod credential;

// What time it is.
pub mod clock;

// Who is calling, and may they?
pub mod auth;

// Settings: as written, then typed.
pub mod config;

// What is kept in a database.
pub mod store;

// Where credentials come from.
pub mod source;

// What happens to a request.
pub mod proxy;

// What operators ask for.
pub mod control;

// What operators see.
pub mod telemetry;

// Both planes in one process.
pub mod server;

// The command line.
pub mod cli;

pub mod formats;
pub mod runtime;
