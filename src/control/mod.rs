//! The control plane: management API and admin listener, the operations under them, and their state.

mod admin;
pub mod api;
mod database_probe;
pub mod operations;
mod prune;
mod readiness;
pub mod views;
mod web;

pub use self::admin::{Admin, GateState, router};
pub use self::database_probe::DatabaseProbe;
pub use self::prune::prune;
pub use self::readiness::{Probe, Readiness};
pub use self::web::caller::{COOKIE_NAME, Peer};
pub use self::web::problem::{Code, FieldProblem, Position, Problem};
pub use self::web::state::{ControlState, LiveSettings, Throttles};
