//! An integration platform (zapier.py) as a process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::support::eventually;

pub struct Zapier {
    child: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    /// Of its receiver, which is a forward proxy.
    pub port: u16,
}

/// What a call presents.
#[derive(Debug, Clone)]
pub enum Login {
    None,
    /// `X-API-Key`.
    Key(String),
    Bearer(String),
    Basic(String, String),
}

/// A key of an account, with the address of the API.
pub struct Subscriber<'z> {
    pub zapier: &'z Zapier,
    pub address: SocketAddr,
    pub login: Login,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u64,
    pub body: Value,
    pub retry_after: Option<String>,
}

impl Zapier {
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/webhooks/zapier.py");
        let mut command = Command::new("python3");
        let mut child = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let pipes = Mutex::new((child.stdin.take().unwrap(), lines));
        Self { child, pipes, port: line.trim().parse().expect("the port of the receiver") }
    }

    /// Answers requests for URLs with this end with `status` from now on.
    pub fn answer(&self, path: &str, status: u16) {
        self.ask(&json!({"do": "answer", "path": path, "status": status}));
    }

    /// Oldest first.
    pub fn received(&self) -> Vec<Value> {
        self.ask(&json!({"do": "received"})).as_array().unwrap().clone()
    }

    /// Those at URLs with this end.
    pub fn received_at(&self, path: &str) -> Vec<Value> {
        let mut all = self.received();
        all.retain(|one| one["url"].as_str().unwrap().ends_with(path));
        all
    }

    /// Waits for this many requests to URLs with this end.
    pub fn awaits(&self, path: &str, count: usize) -> Vec<Value> {
        eventually(&format!("{path} receives {count}"), || self.received_at(path).len() >= count);
        self.received_at(path)
    }

    fn ask(&self, command: &Value) -> Value {
        let mut pipes = self.pipes.lock().unwrap();
        writeln!(pipes.0, "{command}").unwrap();
        let mut line = String::new();
        pipes.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{command}: {error}: {line}"))
    }
}

impl Subscriber<'_> {
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let address = self.address.to_string();
        let mut command = json!({"do": "call", "address": address, "method": method, "path": path, "body": body});
        match &self.login {
            Login::None => {}
            Login::Key(key) => command["key"] = json!(key),
            Login::Bearer(token) => command["bearer"] = json!(token),
            Login::Basic(username, password) => command["basic"] = json!([username, password]),
        }
        let answer = self.zapier.ask(&command);
        Answer {
            status: answer["status"].as_u64().unwrap(),
            body: answer["body"].clone(),
            retry_after: answer["retry_after"].as_str().map(str::to_owned),
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    pub fn delete(&self, path: &str) -> u64 {
        self.call("DELETE", path, None).status
    }

    pub fn subscribe(&self, body: &Value) -> Answer {
        self.call("POST", "/hooks", Some(body))
    }

    /// Returns the id of the new hook.
    pub fn subscribed(&self, url: &str, event: &str) -> String {
        let answer = self.subscribe(&json!({"target_url": url, "event": event}));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// Ids, sorted.
    pub fn hooks(&self) -> Vec<String> {
        let answer = self.get("/hooks");
        assert_eq!(answer.status, 200, "{answer:?}");
        let hooks = answer.body.as_array().unwrap_or_else(|| panic!("{answer:?}"));
        let mut ids: Vec<String> = hooks.iter().map(|hook| hook["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The fields that a refusal names.
    pub fn fields(&self) -> Vec<&str> {
        let faults = self.body["fields"].as_array().into_iter().flatten();
        faults.map(|fault| fault["field"].as_str().unwrap()).collect()
    }
}

impl Drop for Zapier {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
