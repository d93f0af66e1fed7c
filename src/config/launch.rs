//! What the process was started with, beside settings: its command line, and what a service manager says (systemd, and
//! whoever does as it does).

use std::ffi::OsString;
use std::net::TcpListener;

use anyhow::Context as _;
use listenfd::ListenFd;

/// A listening socket that was bound before this process ran.
#[derive(Debug)]
pub struct InheritedSocket {
    /// What whoever bound it calls it.
    pub name: String,
    /// The socket itself.
    pub listener: TcpListener,
}

/// The program as it was called, and its arguments.
pub fn command_line() -> (OsString, Vec<OsString>) {
    let mut words = std::env::args_os();
    (words.next().unwrap_or_default(), words.collect())
}

/// Where the service manager is told how this process does (`NOTIFY_SOCKET`).
pub fn notify_socket() -> Option<OsString> {
    std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty())
}

/// The sockets that this process was started with (`LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`); they are there once.
///
/// # Errors
/// When one of them is of another kind.
pub fn inherited_sockets() -> anyhow::Result<Vec<InheritedSocket>> {
    let names = std::env::var_os("LISTEN_FDNAMES").unwrap_or_default();
    let names = names.to_string_lossy();
    let mut names = names.split(':');
    let mut given = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..given.len() {
        let name = names.next().filter(|name| !name.is_empty()).unwrap_or("unknown").to_owned();
        let listener = given.take_tcp_listener(index).ok().flatten();
        let listener = listener.with_context(|| format!("the socket {name} that was passed on is none of TCP"))?;
        sockets.push(InheritedSocket { name, listener });
    }
    Ok(sockets)
}
