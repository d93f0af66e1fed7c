//! Folders for databases of tests.

use std::path::Path;

use nix::sys::statvfs::statvfs;
use tempfile::TempDir;

const IN_MEMORY: &str = "/dev/shm";
/// More than all databases of a run of the tests have at one time.
const MIN_FREE_BYTES: u64 = 3 << 30;

/// A folder in memory where that has room, so that no test waits for a disk. Removed when it is dropped.
pub fn database_folder(prefix: &str) -> TempDir {
    let has_room =
        statvfs(Path::new(IN_MEMORY)).is_ok_and(|of| of.blocks_available() * of.fragment_size() >= MIN_FREE_BYTES);
    let in_memory = || TempDir::with_prefix_in(prefix, IN_MEMORY).ok();
    has_room.then(in_memory).flatten().unwrap_or_else(|| TempDir::with_prefix(prefix).unwrap())
}
