//! Where credentials come from: a file that is read again whenever it changes, a database whose changes are
//! followed, or both.

mod database;
mod decoys;
mod difference;
mod file_set;
mod fingerprints;
pub mod formats;
mod joined;
mod loader;
mod reloader;
mod watch;

pub use database::{Database, DatabaseDirectory, DatabaseStart};
pub use difference::Difference;
pub use file_set::FileSet;
pub use joined::Joined;
pub use loader::{Loaded, Loader};
pub use reloader::{Apply, ReloadHandle, ReloadOutcome, Reloader};
