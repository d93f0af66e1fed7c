//! The control plane: what operators and their machines ask for, on a listener of its own.

mod admin;
pub mod api;
pub mod operations;
mod readiness;
mod throttle;

pub use admin::{Admin, router};
pub use readiness::{Probe, Readiness};
