//! The memory that this process may use: the limit of its control group (cgroups(7)).

use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

const ROOT: &str = "/sys/fs/cgroup";
/// The groups of this process, a line each.
const OWN_GROUPS: &str = "/proc/self/cgroup";
/// Version 1 says "unlimited" with a number near the largest one.
const UNLIMITED: u64 = 1 << 60;

/// In bytes, as at the first call; `None` without a limit.
pub fn memory_limit() -> Option<u64> {
    static LIMIT: OnceLock<Option<u64>> = OnceLock::new();
    *LIMIT.get_or_init(|| limit_of(&std::fs::read_to_string(OWN_GROUPS).unwrap_or_default(), Path::new(ROOT)))
}

/// The smallest limit of the process's groups and of those above them, of either version.
fn limit_of(own_groups: &str, root: &Path) -> Option<u64> {
    let limits = own_groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_number, controllers, group) = (parts.next()?, parts.next()?, parts.next()?);
        match controllers {
            "" => smallest(root.to_owned(), group, "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                smallest(root.join("memory"), group, "memory.limit_in_bytes")
            }
            _ => None,
        }
    });
    limits.min()
}

/// Within a container, the group itself may not be visible, but the root is its own.
fn smallest(root: PathBuf, group: &str, file: &str) -> Option<u64> {
    let names = Path::new(group).components().filter_map(|component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    });
    let folders = std::iter::once(root.clone()).chain(names.scan(root, |folder, name| {
        folder.push(name);
        Some(folder.clone())
    }));
    folders.filter_map(|folder| bytes(&std::fs::read_to_string(folder.join(file)).ok()?)).min()
}

/// `None` for `max`, and for what is no limit.
fn bytes(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|bytes| (1..UNLIMITED).contains(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit_in(own_groups: &str, files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::TempDir::new().unwrap();
        for (file, text) in files {
            let file = root.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        limit_of(own_groups, root.path())
    }

    #[test]
    fn the_smallest_limit_above_the_process_counts() {
        let files = [("memory.max", "max\n"), ("a/memory.max", "536870912\n"), ("a/b/memory.max", "1073741824\n")];
        assert_eq!(limit_in("0::/a/b\n", &files), Some(512 << 20));
        assert_eq!(limit_in("0::/\n", &files), None);
        assert_eq!(limit_in("0::/a/gone\n", &files), Some(512 << 20));
        assert_eq!(limit_in("0::/../../a\n", &files), Some(512 << 20));
    }

    #[test]
    fn version_1_is_read_within_and_without_a_container() {
        let unlimited = "9223372036854771712\n";
        let groups = "5:cpu,cpuacct:/x\n4:memory:/docker/1234\n0::/x\n";
        let within = [("memory/memory.limit_in_bytes", "268435456\n")];
        assert_eq!(limit_in(groups, &within), Some(256 << 20));
        let without =
            [("memory/memory.limit_in_bytes", unlimited), ("memory/docker/1234/memory.limit_in_bytes", "134217728")];
        assert_eq!(limit_in(groups, &without), Some(128 << 20));
        assert_eq!(limit_in(groups, &[("memory/memory.limit_in_bytes", unlimited)]), None);
    }

    #[test]
    fn no_group_is_no_limit() {
        for groups in ["", "\n", "0:", "0::", "::", "x", "0::/a:b"] {
            assert_eq!(limit_in(groups, &[]), None, "{groups:?}");
        }
        for text in ["", "max", "-1", "0", "12x", "99999999999999999999", " ", "\u{0}"] {
            assert_eq!(limit_in("0::/", &[("memory.max", text)]), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn junk_is_no_limit(groups in "(0::|4:memory:)?[/.a:\\n\u{0}]{0,40}", text in "[0-9a-z -]{0,30}") {
            let root = tempfile::TempDir::new().unwrap();
            std::fs::write(root.path().join("memory.max"), &text).unwrap();
            let limit = limit_of(&groups, root.path());
            prop_assert!(limit.is_none() || text.trim().parse() == Ok(limit.unwrap()));
        }
    }
}
