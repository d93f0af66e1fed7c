//! Why the upstream has not answered a request: a closed set of causes, and the text that names cause and address.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType};

use super::racing_connector::{ATTEMPT_DELAY, SLOW_ADDRESS};
use crate::config::raw::Timeouts;

/// Longest part of a text, in bytes, that is not ours.
const MAX_DETAIL_BYTES: usize = 160;

/// Log lines are bounded by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum Cause {
    NameUnresolved,
    /// No local port is left for this address.
    PortsUsedUp,
    DescriptorsUsedUp,
    ConnectionRefused,
    ConnectTimedOut,
    /// Another address answered first.
    AddressSlow,
    NoRoute,
    /// No Unix socket at the path.
    SocketMissing,
    ConnectFailed,
    TlsFailed,
    ConnectionReset,
    ConnectionClosed,
    ReadTimedOut,
    WriteTimedOut,
    ResponseInvalid,
    /// The last one: [`Cause::COUNT`] follows from it.
    Other,
}

/// The cause of one failure, and what the log says of it.
pub(in crate::proxy) struct Failure {
    pub(in crate::proxy) cause: Cause,
    pub(in crate::proxy) text: String,
}

/// What the gate did when the upstream failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum Phase {
    Connecting,
    /// Before the head of the response.
    Waiting,
    /// Within the response.
    Reading,
}

impl Cause {
    pub(in crate::proxy) const COUNT: usize = Self::Other as usize + 1;

    /// False where this machine is at fault, or a connection that was kept, and the address may be well.
    pub(super) fn blames_address(self) -> bool {
        matches!(
            self,
            Self::ConnectionRefused
                | Self::ConnectTimedOut
                | Self::AddressSlow
                | Self::NoRoute
                | Self::SocketMissing
                | Self::ConnectFailed
                | Self::TlsFailed
        )
    }
}

impl Failure {
    pub(in crate::proxy) fn unresolved(host: &str) -> Self {
        Self { cause: Cause::NameUnresolved, text: format!("the name {host} does not resolve") }
    }

    /// Of this process, outside any attempt.
    pub(in crate::proxy) fn internal(error: &Error) -> Self {
        match cause(error, Phase::Connecting) {
            cause @ Cause::DescriptorsUsedUp => {
                Self { cause, text: "file descriptors of this process are used up".to_owned() }
            }
            _ => Self { cause: Cause::Other, text: detail(error) },
        }
    }

    pub(in crate::proxy) fn new(error: &Error, peer: &HttpPeer, phase: Phase, timeouts: &Timeouts) -> Self {
        let cause = cause(error, phase);
        let address = &peer._address;
        let waited = |timeout: Duration, act: &str| format!("timed out after {} {act} {address}", seconds(timeout));
        let text = match cause {
            Cause::NameUnresolved => "the name of the API does not resolve".to_owned(),
            Cause::PortsUsedUp => format!("ports of this machine are used up, connecting to {address}"),
            Cause::DescriptorsUsedUp => {
                format!("file descriptors of this process are used up, connecting to {address}")
            }
            Cause::ConnectionRefused => format!("connection refused by {address}"),
            Cause::ConnectTimedOut => waited(timeouts.upstream_connect.duration(), "connecting to"),
            Cause::AddressSlow => {
                format!("no connection to {address} after {}, and another address answered", seconds(ATTEMPT_DELAY))
            }
            Cause::NoRoute => format!("no route to {address}"),
            Cause::SocketMissing => format!("no socket at {address}"),
            Cause::ConnectFailed => format!("cannot connect to {address}: {}", detail(error)),
            Cause::TlsFailed => format!("TLS with {address} failed: {}", tls_detail(error)),
            Cause::ConnectionReset => format!("connection reset by {address} {}", moment(error, phase)),
            Cause::ConnectionClosed => format!("connection closed by {address} {}", moment(error, phase)),
            Cause::ReadTimedOut if phase == Phase::Reading => {
                waited(timeouts.upstream_read.duration(), "reading the response of")
            }
            Cause::ReadTimedOut => waited(timeouts.upstream_read.duration(), "waiting for the response of"),
            Cause::WriteTimedOut => waited(timeouts.upstream_write.duration(), "sending the request to"),
            Cause::ResponseInvalid => format!("{address} sent an invalid response: {}", detail(error)),
            Cause::Other => format!("{address}: {}", detail(error)),
        };
        Self { cause, text }
    }
}

fn cause(error: &Error, phase: Phase) -> Cause {
    let io = io_error(error);
    if let Some(io) = io {
        match io.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::ADDRNOTAVAIL) => return Cause::PortsUsedUp,
            Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE) => return Cause::DescriptorsUsedUp,
            _ => {}
        }
    }
    let kind = io.map(io::Error::kind);
    match (error.root_etype(), error.etype()) {
        (ErrorType::TLSHandshakeFailure | ErrorType::InvalidCert | ErrorType::HandshakeError, _)
        | (_, ErrorType::TLSHandshakeFailure | ErrorType::InvalidCert | ErrorType::HandshakeError) => Cause::TlsFailed,
        (_, ErrorType::TLSHandshakeTimedout | ErrorType::ConnectTimedout) => Cause::ConnectTimedOut,
        (_, ErrorType::ReadTimedout) => Cause::ReadTimedOut,
        (_, ErrorType::WriteTimedout) => Cause::WriteTimedOut,
        (_, kind) if *kind == SLOW_ADDRESS => Cause::AddressSlow,
        (_, ErrorType::ConnectRefused) => Cause::ConnectionRefused,
        (_, ErrorType::ConnectNoRoute) => Cause::NoRoute,
        (_, ErrorType::ConnectionClosed) => Cause::ConnectionClosed,
        (_, ErrorType::InvalidHTTPHeader | ErrorType::H1Error | ErrorType::InvalidH2) => Cause::ResponseInvalid,
        _ if phase == Phase::Connecting => match kind {
            Some(io::ErrorKind::NotFound) => Cause::SocketMissing,
            Some(io::ErrorKind::ConnectionRefused) => Cause::ConnectionRefused,
            Some(io::ErrorKind::TimedOut) => Cause::ConnectTimedOut,
            // A kept HTTP/2 connection, which opens no further stream.
            _ if *error.etype() == ErrorType::H2Error => Cause::ConnectionClosed,
            _ => Cause::ConnectFailed,
        },
        _ => match kind {
            Some(io::ErrorKind::ConnectionReset) => Cause::ConnectionReset,
            Some(io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof | io::ErrorKind::NotConnected) => {
                Cause::ConnectionClosed
            }
            Some(io::ErrorKind::TimedOut) => Cause::ReadTimedOut,
            // An alert of TLS, such as for a client certificate.
            Some(io::ErrorKind::InvalidData) => Cause::TlsFailed,
            _ => Cause::Other,
        },
    }
}

/// The system's error at the end of a chain.
fn io_error(error: &Error) -> Option<&io::Error> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error.root_cause());
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<io::Error>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn moment(error: &Error, phase: Phase) -> &'static str {
    match phase {
        Phase::Reading => "within its response",
        _ if *error.etype() == ErrorType::WriteError => "while the request was sent",
        Phase::Connecting | Phase::Waiting => "before its response",
    }
}

/// The end of a chain, unless that is an error of pingora: its context may repeat what the upstream sent.
fn detail(error: &Error) -> String {
    let root: &(dyn StdError + 'static) = error.root_cause();
    match root.downcast_ref::<Error>() {
        Some(error) => error.etype().as_str().to_owned(),
        None => cut(&root.to_string()),
    }
}

/// pingora has the fault of a handshake as text only.
fn tls_detail(error: &Error) -> String {
    let context = error.context.as_ref().map(pingora::ImmutStr::as_str).unwrap_or_default();
    let (before_name, _) = context.rsplit_once(", SNI: ").unwrap_or((context, ""));
    match before_name.rsplit_once("cause: ") {
        Some((_, fault)) => cut(fault),
        None => detail(error),
    }
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_DETAIL_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Such as `3 s` or `250 ms`.
fn seconds(time: Duration) -> String {
    let millis = time.as_millis();
    if millis.is_multiple_of(1000) { format!("{} s", millis / 1000) } else { format!("{millis} ms") }
}
