//! The units, looked at by systemd itself.

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
fn systemd_finds_no_fault_in_the_units() {
    let folder = units();
    for unit in ["claviger.service", "claviger.socket"] {
        let ended = succeeds(systemd_analyze(&["verify", "--man=no"], &folder.path().join(unit)));
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{unit}");
    }
}

#[test]
fn the_service_is_hardly_exposed() {
    let threshold = format!("--threshold={MOST_EXPOSED}");
    succeeds(systemd_analyze(
        &["security", "--offline=true", "--no-pager", &threshold],
        &units().path().join("claviger.service"),
    ));
}

#[test]
fn every_command_of_the_service_is_one_that_the_program_has() {
    for line in ["ExecStartPre", "ExecStart"].iter().flat_map(|key| values("claviger.service", key)) {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[0], "/usr/local/bin/claviger");
        let mut command = claviger();
        command.args(&words[1..]).arg("--help");
        succeeds(command);
    }
}

/// The service goes on while its sockets are systemd's, and the other way round.
#[test]
fn the_sockets_are_where_the_program_listens_by_default() {
    let example = read("config/claviger.yaml");
    let sockets = values("claviger.socket", "ListenStream");
    assert_eq!(sockets.len(), 2);
    for socket in sockets {
        assert!(example.contains(&format!("  listen: {socket}\n")), "{socket}");
    }
}

/// systemd adds lines to those that are there, unless an empty one comes first.
#[test]
fn other_addresses_take_the_place_of_those_that_are_there() {
    let page = read("docs/guide/install.md");
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("ListenStream=")).collect();
    assert_eq!((lines.len(), lines[0]), (3, "ListenStream="));
    assert_eq!(lines[2].strip_prefix("ListenStream="), Some(values("claviger.socket", "ListenStream")[1].as_str()));
}

/// Systemd ends what takes longer.
#[test]
fn requests_in_flight_have_the_time_that_the_settings_give_them() {
    use claviger::config::raw::Timeouts;
    let most: u64 = values("claviger.service", "TimeoutStopSec")[0].parse().unwrap();
    let Timeouts { lame_duck, shutdown, .. } = Timeouts::default();
    assert!(most > (lame_duck.duration() + shutdown.duration()).as_secs());
}

#[test]
fn where_the_next_process_asks_is_within_the_folder_that_the_service_has() {
    let environment = &values("claviger.service", "Environment")[0];
    assert_eq!(environment, "CLAVIGER__HANDOVER__SOCKET=/run/claviger/handover.sock");
    assert_eq!(values("claviger.service", "RuntimeDirectory"), ["claviger"]);
    assert_eq!(values("claviger.service", "RuntimeDirectoryMode"), ["0700"]);
    assert!(repository("deploy/systemd/claviger.socket").exists());
}
