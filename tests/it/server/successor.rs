//! Exactly one process serves: one successor at a time, and none beside a predecessor that goes on.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixListener;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use super::dying::ask;
use super::service_manager::Successor;
use crate::support::{Gate, RecordingApi, Request, Run, TOKEN, eventually};

const HANDOVER: &str = "handover: {socket: run/next.sock}";

/// The predecessor hands its sockets over and then stops waiting.
#[test]
fn a_successor_exits_when_its_predecessor_stops_waiting() {
    let api = RecordingApi::start();
    let builder = Gate::before(api.url()).settings(HANDOVER);
    let folder = builder.folder().join("run");
    std::fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
    let keeper = UnixListener::bind(folder.join("next.sock")).unwrap();
    let gives_up = std::thread::spawn(move || {
        let (line, _) = keeper.accept().unwrap();
        let sockets = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let rights = sockets.each_ref().map(AsFd::as_fd);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(&rights)));
        sendmsg(&line, &[IoSlice::new(b"claviger 1\n")], &mut control, SendFlags::empty()).unwrap();
        (keeper, sockets)
    });
    let mut command = builder.command();
    command.arg("--upgrade");
    let ended = Run::of(command).end();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("has stopped waiting for this one"), "{}", ended.stderr);
    let _other = gives_up.join().unwrap();
}

#[test]
fn a_second_sigusr2_starts_no_second_successor() {
    let api = RecordingApi::start();
    let mut gate = Gate::before(api.url()).settings(HANDOVER).start();
    // The successor waits while another process holds the sockets.
    let (_sockets, line) = ask(&gate.folder().join("run/next.sock"));
    gate.signal(Signal::SIGUSR2);
    eventually("one is started", || gate.stderr().contains("successor started"));
    gate.signal(Signal::SIGUSR2);
    eventually("no other is", || gate.stderr().contains("one is already starting"));
    let id = gate.stderr().lines().find_map(started).unwrap();
    let _successor = Successor(Pid::from_raw(id));
    drop(line);
    assert_eq!(gate.wait().code(), Some(0));
    assert_eq!(gate.stderr().lines().filter_map(started).count(), 1);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}

/// Process id in the log line about the successor.
fn started(line: &str) -> Option<i32> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_it = line["message"] == "successor started";
    is_it.then(|| i32::try_from(line["id"].as_i64().unwrap()).unwrap())
}
