//! The store, on SQLite and on PostgreSQL by the same tests.

mod beds;
mod credentials;
mod harness;
