//! The units, checked by systemd-analyze.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{read, repository, succeeds};
use crate::support::claviger;

/// Exposure, in tenths: a service of the system that may do everything has 96.
const MOST_EXPOSED: u32 = 20;

/// Both units, with the program where it is here.
fn units() -> TempDir {
    let folder = TempDir::new().unwrap();
    for unit in ["claviger.service", "claviger.socket"] {
        let text = read(&format!("deploy/systemd/{unit}"));
        let program = claviger().get_program().to_str().unwrap().to_owned();
        std::fs::write(folder.path().join(unit), text.replace("/usr/local/bin/claviger", &program)).unwrap();
    }
    folder
}

fn systemd_analyze(arguments: &[&str], unit: &Path) -> Command {
    let mut command = Command::new("systemd-analyze");
    command.args(arguments).arg(unit);
    command
}

/// The values of a key, in order.
fn values(unit: &str, key: &str) -> Vec<String> {
    let text = read(&format!("deploy/systemd/{unit}"));
    text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=').map(str::to_owned)).collect()
}

#[test]
fn systemd_verifies_the_units() {
    let folder = units();
    for unit in ["claviger.service", "claviger.socket"] {
        let ended = succeeds(systemd_analyze(&["verify", "--man=no"], &folder.path().join(unit)));
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{unit}");
    }
}

#[test]
fn the_service_has_a_low_exposure_score() {
    let threshold = format!("--threshold={MOST_EXPOSED}");
    succeeds(systemd_analyze(
        &["security", "--offline=true", "--no-pager", &threshold],
        &units().path().join("claviger.service"),
    ));
}

#[test]
fn the_program_has_every_command_of_the_service() {
    for line in ["ExecStartPre", "ExecStart"].iter().flat_map(|key| values("claviger.service", key)) {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[0], "/usr/local/bin/claviger");
        let mut command = claviger();
        command.args(&words[1..]).arg("--help");
        succeeds(command);
    }
}

#[test]
fn the_socket_unit_has_the_default_addresses() {
    let example = read("config/claviger.yaml");
    let sockets = values("claviger.socket", "ListenStream");
    assert_eq!(sockets.len(), 2);
    for socket in sockets {
        assert!(example.contains(&format!("  listen: {socket}\n")), "{socket}");
    }
}

/// systemd adds lines to those that are there, unless an empty one comes first.
#[test]
fn a_drop_in_can_replace_the_addresses() {
    let page = read("docs/guide/install.md");
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("ListenStream=")).collect();
    assert_eq!((lines.len(), lines[0]), (4, "ListenStream="));
    assert_eq!(lines[2].strip_prefix("ListenStream="), Some(values("claviger.socket", "ListenStream")[1].as_str()));
    let socket = read("deploy/systemd/claviger.socket");
    assert!(socket.contains(&format!("# {}\n", lines[3])), "the line of the console, for those who have a database");
}

/// systemd kills the process after TimeoutStopSec.
#[test]
fn the_stop_timeout_covers_lame_duck_and_shutdown() {
    use claviger::config::raw::Timeouts;
    let most: u64 = values("claviger.service", "TimeoutStopSec")[0].parse().unwrap();
    let Timeouts { lame_duck, shutdown, .. } = Timeouts::default();
    assert!(most > (lame_duck.duration() + shutdown.duration()).as_secs());
}

#[test]
fn the_handover_socket_is_in_the_runtime_directory() {
    let environment = &values("claviger.service", "Environment")[0];
    assert_eq!(environment, "CLAVIGER__HANDOVER__SOCKET=/run/claviger/handover.sock");
    assert_eq!(values("claviger.service", "RuntimeDirectory"), ["claviger"]);
    assert_eq!(values("claviger.service", "RuntimeDirectoryMode"), ["0700"]);
    assert!(repository("deploy/systemd/claviger.socket").exists());
}
