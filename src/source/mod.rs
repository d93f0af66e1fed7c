//! Where credentials come from: a file that is read again whenever it changes, a database whose changes are
//! followed, or both.

mod credentials_file;
mod database;
mod decoys;
mod difference;
mod file_set;
mod fingerprints;
mod joined;
mod loader;
mod reloader;
mod watch;

pub use credentials_file::read as read_credentials;
pub use database::{Database, DatabaseDirectory, DatabaseStart};
pub use difference::Difference;
pub use file_set::FileSet;
pub use joined::Joined;
pub use loader::{Loaded, Loader};
pub use reloader::{Apply, ReloadHandle, ReloadOutcome, Reloader};
