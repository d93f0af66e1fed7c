//! What tests stand on: the program, an API behind it, and a client that says exactly what it is told.

mod api;
mod certificates;
mod client;
mod command;
pub mod config_map;
mod gate;
mod http2;
pub mod postgres;
mod process;
mod prometheus;
mod readme;
mod script;
mod secrets;

pub use api::{RecordingApi, Seen};
pub use certificates::{Authority, Pair};
pub use client::{Connection, Reply, Request};
pub use command::{Ended, Run, claviger};
pub use gate::{Gate, GateBuilder, eventually, eventually_async};
pub use http2::Http2Api;
pub use prometheus::{Prometheus, deployed};
pub use readme::{Step, steps};
pub use script::{Exchange, ScriptedApi};
pub use secrets::*;
