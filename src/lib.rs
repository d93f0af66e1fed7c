//! Claviger, keeper of the keys.

pub mod clock;
pub mod credential;
pub mod auth;
pub mod config;
pub mod source;
pub mod telemetry;
