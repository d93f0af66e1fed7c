//! The credentials file and the settings: watched, read again, swapped.

mod diff;
mod file_set;
mod fingerprints;
mod loader;
mod reloader;
mod watch;

pub use diff::Difference;
pub use file_set::FileSet;
pub use loader::{Loaded, Loader, throttle_rules};
pub use reloader::{Publish, ReloadHandle, ReloadOutcome, Reloader};
