//! The limit on open file descriptors (`RLIMIT_NOFILE`), and how many of them connections may use.

use crate::config::Settings;
use crate::proxy::DescriptorBudget;

/// Beside connections: listeners, files, threads, and those that are kept back.
const OTHER_DESCRIPTORS: u64 = 128;
/// Kept back for the admin listener, the files of a reload, and the like; at most a quarter of the limit.
const RESERVED_DESCRIPTORS: u64 = 64;

/// Raises the soft limit to the hard one, which most systems set far higher, and warns where `limits.connections` needs
/// more. Each connection of a client may have one to the upstream.
pub(super) fn raise_limit(settings: &Settings) -> DescriptorBudget {
    let Some(soft) = raised() else { return DescriptorBudget::new(usize::MAX, i32::MAX) };
    let connections = u64::from(settings.max_connections.get());
    let database = settings.database.as_ref().map_or(0, |database| u64::from(database.options.connections.get()));
    let needed = 2 * connections + OTHER_DESCRIPTORS + database;
    let budget = Budget::of(soft, database);
    if soft < needed {
        tracing::warn!(
            limit = soft,
            needed,
            accepted = budget.connections,
            "limits.connections: {connections} connections need {needed} file descriptors, and the system allows {soft}; \
             at most {} are accepted: raise the limit (ulimit -n, LimitNOFILE) or lower limits.connections",
            budget.connections
        );
    }
    DescriptorBudget::new(
        usize::try_from(budget.connections).unwrap_or(usize::MAX),
        i32::try_from(budget.reserved_from).unwrap_or(i32::MAX),
    )
}

#[derive(Debug, PartialEq, Eq)]
struct Budget {
    connections: u64,
    reserved_from: u64,
}

impl Budget {
    fn of(limit: u64, database: u64) -> Self {
        let reserved = (RESERVED_DESCRIPTORS + database).min(limit / 4);
        let for_connections = limit.saturating_sub(OTHER_DESCRIPTORS + database).max(limit / 4);
        Self { connections: (for_connections / 2).max(1), reserved_from: limit - reserved }
    }
}

/// The soft limit, once it is raised.
#[cfg(target_os = "linux")]
fn raised() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // Read from /proc: the system call that reads the limit also sets it, and a sandbox may kill for it.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let (mut soft, hard) = open_files(&limits)?;
    if soft < hard {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(hard), maximum: Some(hard) }) {
            Ok(()) => soft = hard,
            Err(error) => tracing::warn!(%error, soft, hard, "cannot raise the limit on file descriptors"),
        }
    }
    Some(soft)
}

#[cfg(not(target_os = "linux"))]
fn raised() -> Option<u64> {
    None
}

/// Soft and hard limit in the format of proc(5).
fn open_files(limits: &str) -> Option<(u64, u64)> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let mut words =
        line.split_whitespace().map(|word| if word == "unlimited" { Some(u64::MAX) } else { word.parse().ok() });
    Some((words.next()??, words.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_the_kernel_writes_them() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             95654                95654                processes \n\
                      Max open files            1024                 524288               files     \n";
        assert_eq!(open_files(limits), Some((1024, 524_288)));
        assert_eq!(open_files(&limits.replace("524288", "unlimited")), Some((1024, u64::MAX)));
        assert_eq!(open_files(""), None);
        assert_eq!(open_files("Max open files"), None);
        assert_eq!(open_files("Max open files -1 x files"), None);
    }

    #[test]
    fn connections_never_get_all_descriptors() {
        let budget = |limit, database| {
            let Budget { connections, reserved_from } = Budget::of(limit, database);
            (connections, reserved_from)
        };
        assert_eq!(budget(65_536, 8), (32_700, 65_464));
        assert_eq!(budget(256, 0), (64, 192));
        assert_eq!(budget(64, 0), (8, 48));
        assert_eq!(budget(0, 0), (1, 0));
        assert_eq!(budget(u64::MAX, 8).1, u64::MAX - 72);
    }
}
