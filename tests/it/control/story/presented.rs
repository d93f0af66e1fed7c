//! A credential, as its holder presents it at the gate.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::managed_process::ManagedProcess;
use crate::support::Request;

/// The longest that a change may take to be known to the gate.
const PROMISED: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub enum Presented {
    Token(String),
    Pair(String, String),
}

impl Presented {
    /// As the one answer that shows it has it.
    pub fn of(process: &ManagedProcess, answer: &Value) -> Self {
        let text = |field: &str| answer["secret"][field].as_str().unwrap_or_else(|| panic!("{answer}"));
        match answer["secret"].get("token") {
            Some(_) => Self::Token(process.seen(text("token"))),
            None => Self::Pair(text("username").to_owned(), process.seen(text("password"))),
        }
    }

    /// Status and code of what the gate says to it.
    pub fn verdict(&self, process: &ManagedProcess, path: &str) -> (u16, String) {
        let request = match self {
            Self::Token(token) => Request::get(path).bearer(token),
            Self::Pair(username, password) => Request::get(path).basic(username, password),
        };
        let reply = process.gate.send(&request);
        (reply.status, reply.code())
    }

    /// Within the time that is promised, and then for good.
    pub fn becomes(&self, process: &ManagedProcess, path: &str, status: u16, code: &str) {
        let expected = (status, code.to_owned());
        soon(&format!("{path} is {status} {code}"), || {
            let verdict = self.verdict(process, path);
            (verdict == expected).then_some(()).ok_or(verdict)
        });
        for _ in 0..3 {
            assert_eq!(self.verdict(process, path), expected, "{path}: it comes back");
        }
    }
}

/// Waits until something holds; what was there instead, when it does not in the time that is promised.
pub fn soon<T, E: std::fmt::Debug>(what: &str, mut holds: impl FnMut() -> Result<T, E>) -> T {
    let start = Instant::now();
    loop {
        match holds() {
            Ok(value) => return value,
            Err(instead) => assert!(start.elapsed() < PROMISED, "waited in vain: {what}; {instead:?}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
