//! The control plane: what operators and their machines ask for, on a listener of its own.

mod admin;
pub mod api;
mod beside;
mod desk_database;
mod housekeeping;
pub mod operations;
mod readiness;
mod throttle;

pub use admin::{Admin, GateState, router};
pub use desk_database::DeskDatabase;
pub use housekeeping::tidy;
pub use readiness::{Probe, Readiness};
