//! The control plane: what operators and their machines ask for, on a listener of its own.

mod admin;
pub mod api;
mod database_probe;
pub mod operations;
mod prune;
mod readiness;
pub mod views;
mod web;

pub use self::database_probe::DatabaseProbe;
pub use self::prune::prune;
pub use admin::{Admin, GateState, router};
pub use readiness::{Probe, Readiness};
