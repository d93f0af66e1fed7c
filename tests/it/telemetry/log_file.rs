//! The access log in a file, and behind a pipe without a reader.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::support::{Gate, RecordingApi, Request, Run, TOKEN, eventually};

fn request(gate: &Gate, target: &str) {
    assert_eq!(gate.send(&Request::get(target).bearer(TOKEN)).status, 200);
}

fn has(file: &Path, target: &str) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("\"path\":\"{target}\"")))
}

#[test]
fn the_access_log_goes_to_its_file_and_is_opened_again_on_signals() {
    let api = RecordingApi::start();
    let gate =
        Gate::before(api.url()).log("log: {format: auto, level: debug, file: access.log}\n").start_as(|command| {
            command.env("CLAVIGER__LOG__FORMAT", "json");
        });
    let log = gate.folder().join("access.log");
    request(&gate, "/first");
    eventually("the line is written", || has(&log, "/first"));
    assert_eq!(log.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    for (number, signal) in [(1, Signal::SIGUSR1), (2, Signal::SIGHUP)] {
        let (rotated, target) = (gate.folder().join(format!("access.log.{number}")), format!("/before-{number}"));
        std::fs::rename(&log, &rotated).unwrap();
        request(&gate, &target);
        eventually("the renamed file is still written", || has(&rotated, &target));
        let before = gate.reloads("success");
        gate.signal(signal);
        eventually("there is a new file", || log.exists());
        let target = format!("/after-{number}");
        request(&gate, &target);
        eventually("the new file is written", || has(&log, &target));
        assert!(!has(&rotated, &target));
        if signal == Signal::SIGHUP {
            eventually("it reloads, too", || gate.reloads("success") > before);
        } else {
            assert_eq!(gate.reloads("success"), before);
        }
    }
    assert_eq!(gate.stdout(), "");
    assert_eq!(gate.metric("claviger_access_log_dropped_total"), 0.0);
}

#[test]
fn a_file_that_cannot_be_opened_again_keeps_the_previous_one() {
    let api = RecordingApi::start();
    let builder = Gate::before(api.url()).log("log: {format: json, level: debug, file: logs/access.log}\n");
    let folder = builder.folder().join("logs");
    std::fs::create_dir(&folder).unwrap();
    let gate = builder.start();
    let moved = gate.folder().join("moved");
    std::fs::rename(&folder, &moved).unwrap();
    gate.signal(Signal::SIGUSR1);
    eventually("the fault is logged", || gate.stderr().contains("cannot open the access log"));
    request(&gate, "/kept");
    eventually("the previous file is written", || has(&moved.join("access.log"), "/kept"));
    std::fs::rename(&moved, &folder).unwrap();
    std::fs::remove_file(folder.join("access.log")).unwrap();
    gate.signal(Signal::SIGUSR1);
    eventually("there is a new file", || folder.join("access.log").exists());
    request(&gate, "/again");
    eventually("the new file is written", || has(&folder.join("access.log"), "/again"));
}

#[test]
fn a_file_that_cannot_be_opened_at_the_start_is_a_fault() {
    let builder = Gate::before("http://127.0.0.1:1");
    let fifo = builder.folder().join("fifo");
    assert_eq!(Run::of(with_argument("mkfifo", &fifo)).end().code, 0);
    for (file, problem) in [("missing/access.log", "No such file"), ("fifo", "it is no regular file"), (".", "")] {
        let ended = Gate::before("http://127.0.0.1:1").log(&format!("log: {{file: {file}}}\n"));
        let _same = std::os::unix::fs::symlink(&fifo, ended.folder().join("fifo"));
        let ended = ended.run();
        assert_eq!(ended.code, 1, "{file}: {}", ended.stderr);
        assert!(ended.stderr.contains("log.file: ") && ended.stderr.contains(problem), "{file}: {}", ended.stderr);
    }
}

fn with_argument(program: &str, argument: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(argument);
    command
}

/// As with `claviger serve | less` once `less` has ended.
#[test]
fn lines_for_a_pipe_without_a_reader_are_counted_one_by_one() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start_as(|command| {
        let mut shell = Command::new("bash");
        shell.args(["-c", "exec \"$0\" \"$@\" > >(:)"]).arg(command.get_program()).args(command.get_args());
        *command = shell;
    });
    const REQUESTS: usize = 20;
    // Until the reader has ended.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let mut connection = gate.connect();
    for _ in 0..REQUESTS {
        assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    }
    eventually("each line is counted", || gate.metric("claviger_access_log_dropped_total") == REQUESTS as f64);
    assert_eq!(gate.stderr().matches("cannot write the access log").count(), 1);
}

#[test]
fn a_full_disk_under_the_file_stops_no_request() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).log("log: {format: json, level: debug, file: /dev/full}\n").start();
    let mut connection = gate.connect();
    for _ in 0..600 {
        assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    }
    eventually("lost lines are counted", || gate.metric("claviger_access_log_dropped_total") > 0.0);
    assert_eq!(gate.stderr().matches("cannot write the access log").count(), 1);
}
