//! Claviger, keeper of the keys.

pub mod clock;
pub mod credential;
pub mod auth;
