//! Folders in memory, for databases and browsers of tests.

use std::path::Path;
use std::sync::Once;

use nix::sys::statvfs::statvfs;
use tempfile::TempDir;

const IN_MEMORY: &str = "/dev/shm";
/// Of folders that nothing but this process removes.
const PREFIXES: [&str; 2] = ["claviger-sqlite-", "claviger-chromium-"];
/// More than a run of the tests has there at one time.
const MIN_FREE_BYTES: u64 = 3 << 30;

/// A folder in memory where that has room, so that no test waits for a disk. Removed when it is dropped, and by the next
/// run where this process is killed.
pub fn folder_in_memory(prefix: &str) -> TempDir {
    static CLEARED: Once = Once::new();
    CLEARED.call_once(clear);
    // As [`clear`] reads it.
    let prefix = format!("{prefix}{}-", std::process::id());
    let in_memory = || TempDir::with_prefix_in(&prefix, IN_MEMORY).ok();
    memory_has_room().then(in_memory).flatten().unwrap_or_else(|| TempDir::with_prefix(&prefix).unwrap())
}

/// Whether [`IN_MEMORY`] can take what tests keep there.
pub fn memory_has_room() -> bool {
    let free =
        statvfs(Path::new(IN_MEMORY)).map(|file_system| file_system.blocks_available() * file_system.fragment_size());
    free.is_ok_and(|free| free >= MIN_FREE_BYTES) && available_memory() >= MIN_FREE_BYTES
}

/// Of the machine, and of the container where that has less.
fn available_memory() -> u64 {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let info = read("/proc/meminfo");
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let of_machine = line.and_then(|line| number(line.trim_end_matches(" kB"))).unwrap_or_default() * 1024;
    let limit = number(&read("/sys/fs/cgroup/memory.max"));
    let used = number(&read("/sys/fs/cgroup/memory.current"));
    limit.zip(used).map_or(of_machine, |(limit, used)| of_machine.min(limit.saturating_sub(used)))
}

/// Removes the folders of processes that have ended. A PostgreSQL server removes its own.
fn clear() {
    for entry in std::fs::read_dir(IN_MEMORY).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| {
            let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
            rest.split('-').next()
        });
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // Another run of the tests may do the same.
            let _removed = std::fs::remove_dir_all(entry.path());
        }
    }
}
