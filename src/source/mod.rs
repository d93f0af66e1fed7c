//! Where credentials come from: a watched file, a database with a change feed, or both.

mod combined_directory;
mod database;
mod dummy_hashes;
mod file;

pub use combined_directory::CombinedDirectory;
pub use database::{CatalogMismatch, DatabaseDirectory, DatabaseSource, DatabaseStart};
pub use file::{Difference, FileSet, Loaded, Loader, Publish, ReloadHandle, ReloadOutcome, Reloader, throttle_rules};
