//! The store, on SQLite and on PostgreSQL by the same tests.

mod credentials;
mod harness;
mod migration;
pub mod test_database;
mod uses;
