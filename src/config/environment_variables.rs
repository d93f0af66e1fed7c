//! What the process reads from its environment, and its command line. No other module does.

use std::ffi::{OsStr, OsString};
use std::net::TcpListener;

use anyhow::Context as _;
use listenfd::ListenFd;
use zeroize::Zeroizing;

use super::{Diagnostic, Diagnostics, Node, Origin, Override, Value, parse};

/// Prefix of overrides in the environment; `__` separates keys.
const PREFIX: &str = "CLAVIGER__";

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

/// The operator token for the management API of another process (`CLAVIGER_TOKEN`).
pub fn operator_token() -> Option<Zeroizing<String>> {
    let token = std::env::var_os("CLAVIGER_TOKEN")?.into_string().ok().map(Zeroizing::new)?;
    (!token.is_empty()).then_some(token)
}

/// The overrides in variables such as `CLAVIGER__PROXY__LISTEN`; others are ignored.
///
/// # Errors
/// Variables whose value is not YAML or not UTF-8.
pub fn environment<T: AsRef<OsStr>>(variables: impl Iterator<Item = (T, T)>) -> Result<Vec<Override>, Diagnostics> {
    let mut overrides = Vec::new();
    let mut faults = Diagnostics::default();
    for (name, text) in variables {
        let name = name.as_ref().to_string_lossy();
        let Some(path) = name.strip_prefix(PREFIX) else { continue };
        let path: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
        let origin = Origin::Environment(name.as_ref().into());
        let value = match text.as_ref().to_str() {
            // `parse` refuses a document that is null; a variable may be null to switch something off.
            Some(text) if text.trim() == "null" => Ok(Node::new(Value::Null, origin.clone())),
            Some(text) => parse(text),
            // Ignoring it could leave something open that it was meant to close.
            None => Err(Diagnostic::new(Origin::WHOLE_FILE, "", "is not valid UTF-8")),
        };
        match value {
            Ok(mut value) => {
                relocate(&mut value, &origin);
                overrides.push(Override { path, value });
            }
            Err(fault) => faults.push(Diagnostic { origin, path: path.join("."), ..fault }),
        }
    }
    overrides.sort_by(|a, b| a.path.cmp(&b.path));
    faults.into_result(|| overrides)
}

/// The overrides in the environment of this process.
///
/// # Errors
/// As for [`environment`].
pub fn process_environment() -> Result<Vec<Override>, Diagnostics> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let all = std::env::vars_os();
    environment(all)
}

fn relocate(node: &mut Node, origin: &Origin) {
    node.origin = origin.clone();
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| relocate(item, origin)),
        Value::Map(entries) => {
            for (key, value) in entries {
                key.origin = origin.clone();
                relocate(value, origin);
            }
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) | Value::Removed => {}
    }
}

/// Whether tests write generated files again: `UPDATE_DOCS=1`.
#[cfg(test)]
pub(crate) fn is_docs_update() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_may_be_null_but_not_empty() {
        let read = |text: &str| environment([("CLAVIGER__ACCEPT__API_KEY".to_owned(), text.to_owned())].into_iter());
        let overrides = read("null").unwrap();
        assert_eq!(
            (&overrides[0].path[..], &overrides[0].value.value),
            (&["accept".into(), "api_key".into()][..], &Value::Null)
        );
        assert_eq!(
            read("").unwrap_err().to_string(),
            "environment variable CLAVIGER__ACCEPT__API_KEY  accept.api_key  is empty"
        );
    }
}
