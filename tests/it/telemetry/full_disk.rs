//! An access log on a full disk.

use std::process::Command;

use crate::support::{Gate, RecordingApi, Request, TOKEN, eventually};

/// More lines than the queue and the buffer hold.
const REQUESTS: usize = 600;

#[test]
fn lines_lost_to_a_full_disk_are_counted_and_logged_once() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start_as(|command| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" > /dev/full"]).arg(command.get_program()).args(command.get_args());
        *command = shell;
    });
    let mut connection = gate.connect();
    for _ in 0..REQUESTS {
        assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    }
    eventually("lost lines are counted", || gate.metric("claviger_access_log_dropped_total") > 0.0);
    let says = "cannot write the access log";
    eventually("the log tells of it", || gate.stderr().contains(says));
    let told = gate.stderr();
    assert!(told.matches(says).count() == 1 && told.contains("No space left on device"), "{told}");
}
