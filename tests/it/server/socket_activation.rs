//! Socket activation: sockets that the service manager bound.

use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::Command;

use rustix::io::{FdFlags, fcntl_setfd};

use crate::support::{Connection, Gate, GateBuilder, RecordingApi, Request, Run, TOKEN};

fn socket() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn gate(api: &str, proxy: &str, admin: &str) -> GateBuilder {
    Gate::before(api).admin(&format!("'{admin}'")).variable("CLAVIGER__PROXY__LISTEN", &format!("'{proxy}'"))
}

fn address(socket: &TcpListener) -> String {
    socket.local_addr().unwrap().to_string()
}

/// The same command with these sockets inherited.
fn passing_on(command: &Command, sockets: &[&TcpListener], names: &str) -> Command {
    // First to high descriptors: one may hold the number that another needs.
    let mut moves = String::new();
    for (index, socket) in sockets.iter().enumerate() {
        fcntl_setfd(socket, FdFlags::empty()).unwrap();
        moves.push_str(&format!(" {}<&{}", 103 + index, socket.as_raw_fd()));
    }
    for index in 0..sockets.len() {
        moves.push_str(&format!(" {}<&{}", 3 + index, 103 + index));
    }
    let count = sockets.len();
    let line = format!("exec{moves}; export LISTEN_PID=$$ LISTEN_FDS={count} LISTEN_FDNAMES={names}; exec \"$@\"");
    let mut started = Command::new("bash");
    started.args(["-c", &line, "bash"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => started.env(name, value),
            None => started.env_remove(name),
        };
    }
    started
}

#[test]
fn a_request_sent_before_the_process_starts_is_answered() {
    let api = RecordingApi::start();
    let (proxy, admin) = (socket(), socket());
    let mut early = Connection::open(proxy.local_addr().unwrap());
    early.write(&Request::get("/early").bearer(TOKEN).bytes());
    let builder = gate(api.url(), &address(&proxy), &address(&admin));
    // In another order than in the settings: sockets are matched by address.
    let gate = builder.start_as(|command| *command = passing_on(command, &[&admin, &proxy], "admin:gate"));
    assert_eq!((gate.address.to_string(), gate.admin.to_string()), (address(&proxy), address(&admin)));
    assert_eq!(early.reply(false).unwrap().status, 200);
    assert_eq!(api.last().line(), "GET /early HTTP/1.1");
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
}

#[test]
fn an_address_without_an_inherited_socket_is_bound() {
    let api = RecordingApi::start();
    let proxy = socket();
    let builder = gate(api.url(), &address(&proxy), "127.0.0.1:0");
    let gate = builder.start_as(|command| *command = passing_on(command, &[&proxy], ""));
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
}

#[test]
fn a_socket_that_no_setting_names_is_an_error() {
    let (proxy, extra) = (socket(), socket());
    // Port 0 of 127.0.0.1 would match the second socket.
    let builder = gate("http://127.0.0.1:9", &address(&proxy), "[::1]:0");
    let ended = Run::of(passing_on(&builder.command(), &[&proxy, &extra], "gate:extra")).end();
    assert_eq!(ended.code, 1);
    let extra = address(&extra);
    let says = format!("the inherited socket extra listens on {extra}, which is not in proxy.listen, ");
    assert!(ended.stderr.contains(&says), "{}", ended.stderr);
}

/// LISTEN_PID names another process.
#[test]
fn sockets_for_another_process_are_ignored() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).variable("LISTEN_FDS", "2").variable("LISTEN_PID", "1").start();
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}
