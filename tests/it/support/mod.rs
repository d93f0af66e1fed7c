//! Test support: the program, an API for it, and a client that sends exact bytes.

mod api;
pub mod book;
mod browser;
mod caller;
mod certificates;
mod client;
mod command;
pub mod config_map;
pub mod frames;
mod gate;
mod html;
mod http2;
mod memory;
pub mod postgres;
mod process;
mod prometheus;
mod script;
mod secrets;

pub use api::{RecordingApi, Seen};
pub use book::Step;
pub use browser::{Browser, Scripts};
pub use caller::{Caller, Protocol, callers, with_each};
pub use certificates::{Authority, Pair};
pub use client::{Connection, Reply, Request};
pub use command::{Ended, Run, claviger};
pub use gate::{Gate, GateBuilder, eventually, eventually_async};
pub use html::assert_is_strict_html;
pub use http2::Http2Api;
pub use memory::{folder_in_memory, memory_has_room};
pub use prometheus::{Prometheus, deployed};
pub use script::{Exchange, ScriptedApi};
pub use secrets::*;
