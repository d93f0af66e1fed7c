//! How the process was invoked: its command line, its user, single variables of the environment, and what systemd or a
//! compatible service manager passes.

use std::ffi::OsString;
use std::net::TcpListener;

use anyhow::Context as _;
use listenfd::ListenFd;
use zeroize::Zeroizing;

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

/// False when `NO_COLOR` is set (<https://no-color.org>).
pub fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The user of this process, for the audit: its name in `/etc/passwd`, else `uid:NUMBER`; with sudo, the caller's name
/// behind it. `USER` and the like are not read: any caller can set them.
pub fn shell_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = user_name(&passwd, uid).unwrap_or_else(|| format!("uid:{uid}"));
    let sudo_user = std::env::var_os("SUDO_USER").map(|name| printable(&name.to_string_lossy()));
    match sudo_user.filter(|name| !name.is_empty() && *name != user) {
        Some(name) => format!("{user} (sudo {name})"),
        None => user,
    }
}

/// Looks a user up in the format of passwd(5).
fn user_name(passwd: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then_some(name)
    });
    name.map(printable).filter(|name| !name.is_empty())
}

fn printable(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

/// The operator token for the management API of another process (`CLAVIGER_TOKEN`).
pub fn operator_token() -> Option<Zeroizing<String>> {
    let token = std::env::var_os("CLAVIGER_TOKEN")?.into_string().ok().map(Zeroizing::new)?;
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_in_passwd_by_uid() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbroken\n:x:7:7:::\n";
        assert_eq!(user_name(passwd, 0).as_deref(), Some("root"));
        assert_eq!(user_name(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!([1, 7].map(|uid| user_name(passwd, uid)), [None, None]);
    }
}
