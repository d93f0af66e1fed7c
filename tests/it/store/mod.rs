//! What is kept: the same on SQLite and on a real PostgreSQL.

mod harness;
