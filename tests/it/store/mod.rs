//! The store: the same tests on SQLite and on PostgreSQL.

mod credentials;
mod harness;
mod migration;
pub mod test_database;
mod uses;
