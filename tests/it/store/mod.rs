//! The store: the same tests on SQLite and on PostgreSQL.

pub mod beds;
mod credentials;
mod harness;
mod migration;
mod uses;
