//! The store: the same tests on SQLite and on PostgreSQL.

mod credentials;
pub mod migration;
mod test_cluster;
pub mod test_database;
mod uses;
mod webhooks;
