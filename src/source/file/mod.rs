//! The credentials file: watched, read again, swapped.

pub(super) mod diff;
pub(crate) mod file_set;
pub(super) mod fingerprints;
pub(super) mod loader;
pub(super) mod reloader;
pub(super) mod watch;
