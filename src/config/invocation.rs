//! How the process was launched: its command line, and what systemd or a compatible service manager passes.

use std::ffi::OsString;
use std::net::TcpListener;

use anyhow::Context as _;
use listenfd::ListenFd;

/// A listening socket that was bound before this process ran.
#[derive(Debug)]
pub struct InheritedSocket {
    /// `FileDescriptorName=` of the socket unit.
    pub name: String,
    pub listener: TcpListener,
}

/// The name of the program as it was called, and its arguments.
pub fn command_line() -> (OsString, Vec<OsString>) {
    let mut words = std::env::args_os();
    (words.next().unwrap_or_default(), words.collect())
}

/// The socket for notifications to the service manager (`NOTIFY_SOCKET`).
pub fn notify_socket() -> Option<OsString> {
    std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty())
}

/// The sockets that the service manager passed (`LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`). A second call returns
/// none.
///
/// # Errors
/// When one of them is not a TCP listener.
pub fn inherited_sockets() -> anyhow::Result<Vec<InheritedSocket>> {
    let names = std::env::var_os("LISTEN_FDNAMES").unwrap_or_default();
    let names = names.to_string_lossy();
    let mut names = names.split(':');
    let mut given = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..given.len() {
        let name = names.next().filter(|name| !name.is_empty()).unwrap_or("unknown").to_owned();
        let listener = given.take_tcp_listener(index).ok().flatten();
        let listener = listener.with_context(|| format!("the inherited socket {name} is not a TCP listener"))?;
        sockets.push(InheritedSocket { name, listener });
    }
    Ok(sockets)
}
