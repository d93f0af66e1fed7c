//! Defaults in a container whose memory is limited.

use std::process::Command;

use crate::support::{Gate, RecordingApi, Request, TOKEN, eventually};

#[test]
#[ignore = "needs root, for a mount of its own; make test runs it as root"]
fn defaults_follow_the_memory_limit_and_the_log_names_them() {
    let api = RecordingApi::start();
    let database = "sqlite:claviger.db";
    let builder = Gate::before(api.url()).database(database).settings("limits: {header_bytes_total: 1048576}");
    let groups = builder.folder().join("groups");
    // Both versions of control groups.
    std::fs::create_dir_all(groups.join("memory")).unwrap();
    for file in ["memory.max", "memory/memory.limit_in_bytes"] {
        std::fs::write(groups.join(file), "536870912\n").unwrap();
    }
    let gate = builder.start_as(|command| {
        let mut mounted = Command::new("unshare");
        mounted.args(["--mount", "sh", "-c", "mount --bind \"$0\" /sys/fs/cgroup && exec \"$@\""]).arg(&groups);
        mounted.arg(command.get_program()).args(command.get_args());
        *command = mounted;
    });
    let line = || gate.stderr().lines().find(|line| line.contains("memory is limited")).map(ToOwned::to_owned);
    eventually("the defaults are logged", || line().is_some());
    let line: serde_json::Value = serde_json::from_str(&line().unwrap()).unwrap();
    for (field, value) in [
        ("limit_mib", 512),
        ("limits.connections", 273),
        ("limits.connections_per_address", 27),
        ("limits.streams", 192),
        // Of the settings.
        ("limits.header_bytes_total", 1_048_576),
        ("passwords.remembered", 65_536),
        ("database.cache.megabytes", 33),
    ] {
        let logged = line[field].to_string();
        assert_eq!(logged.trim_matches('"'), value.to_string(), "{field}: {line}");
    }
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 401);
}
