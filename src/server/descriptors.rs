//! The limit on open file descriptors (`RLIMIT_NOFILE`).

use crate::config::Settings;

/// Beside connections: listeners, files, the database, log and password threads.
const OTHER_DESCRIPTORS: u64 = 128;

/// Raises the soft limit to the hard one, which most systems set far higher, and warns where `limits.connections` needs
/// more. Each connection of a client may have one to the upstream.
#[cfg(target_os = "linux")]
pub(super) fn raise_limit(settings: &Settings) {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // Read from /proc: the system call that reads the limit also sets it, and a sandbox may kill for it.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let Some((mut soft, hard)) = open_files(&limits) else { return };
    if soft < hard {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(hard), maximum: Some(hard) }) {
            Ok(()) => soft = hard,
            Err(error) => tracing::warn!(%error, soft, hard, "cannot raise the limit on file descriptors"),
        }
    }
    let connections = u64::from(settings.limits.connections.get());
    let needed = 2 * connections + OTHER_DESCRIPTORS;
    if soft < needed {
        tracing::warn!(
            limit = soft,
            needed,
            "limits.connections: {connections} connections need {needed} file descriptors, and the system allows {soft}; \
             raise the limit (ulimit -n, LimitNOFILE) or lower limits.connections"
        );
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn raise_limit(_: &Settings) {}

/// Soft and hard limit in the format of proc(5).
fn open_files(limits: &str) -> Option<(u64, u64)> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let mut words =
        line.split_whitespace().map(|word| if word == "unlimited" { Some(u64::MAX) } else { word.parse().ok() });
    Some((words.next()??, words.next()??))
}

#[cfg(test)]
mod tests {
    use super::open_files;

    #[test]
    fn limits_are_read_as_the_kernel_writes_them() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             95654                95654                processes \n\
                      Max open files            1024                 524288               files     \n";
        assert_eq!(open_files(limits), Some((1024, 524_288)));
        assert_eq!(open_files(&limits.replace("524288", "unlimited")), Some((1024, u64::MAX)));
        assert_eq!(open_files(""), None);
    }
}
