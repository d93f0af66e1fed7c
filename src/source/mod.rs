//! Where credentials come from: a file that is read again whenever it changes.

mod credentials_file;
mod decoys;
mod difference;
mod file_set;
mod fingerprints;
mod loader;
mod reloader;
mod watch;

pub use credentials_file::read as read_credentials;
pub use difference::Difference;
pub use file_set::FileSet;
pub use loader::{Loaded, Loader};
pub use reloader::{Apply, ReloadHandle, ReloadOutcome, Reloader};
