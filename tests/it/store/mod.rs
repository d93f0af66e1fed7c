//! The store, on SQLite and on PostgreSQL by the same tests.

pub mod beds;
mod credentials;
mod harness;
mod migration;
mod uses;
