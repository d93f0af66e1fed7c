//! One binary for everything that needs a running gate. The real program is started, on ports that
//! the system picks, between real clients and an API that records what reaches it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod auth;
mod cli;
mod config_files;
mod console;
mod control;
mod corpora;
mod delivery;
mod deploy;
mod docs;
mod layering;
mod proxy;
mod secrets_in_logs;
mod server;
mod source;
mod store;
mod support;
mod telemetry;
mod webhooks;
