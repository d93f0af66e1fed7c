//! A real process with its management API, and the callers of that. Every secret in a response is kept, so that the
//! test can look for it where it must not be.

use std::cell::RefCell;

use claviger::control::operations::{OperationContext, create_first_setup_link};
use serde_json::{Value, json};

use crate::control::{Fixture, shell};
use crate::store::test_database::{TestDatabase, noon};
use crate::support::{Connection, Gate, Reply, Request};

/// A caller, with its credential.
pub enum Who {
    Anonymous,
    /// A browser, with its cookie.
    Browser(String),
    /// A script, with its operator token.
    Script(String),
}

pub struct ManagedProcess {
    pub gate: Gate,
    secrets: RefCell<Vec<String>>,
}

impl ManagedProcess {
    pub fn new(gate: Gate) -> Self {
        Self { gate, secrets: RefCell::default() }
    }

    /// One request on a connection of its own.
    pub fn send(&self, who: &Who, method: &str, target: &str, body: Option<&Value>) -> Reply {
        let request = Request::new(method, &format!("/api/v1{target}")).header("Connection", "close");
        let request = match who {
            Who::Anonymous => request,
            Who::Browser(cookie) => request.header("Cookie", cookie).header("Sec-Fetch-Site", "same-origin"),
            Who::Script(token) => request.bearer(token),
        };
        let request = match body {
            Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
            None => request,
        };
        Connection::open(self.gate.console).send(&request)
    }

    /// What is done, and has to be.
    pub fn done(&self, who: &Who, method: &str, target: &str, body: Value) -> Value {
        let body = Some(body).filter(|body| !body.is_null());
        let reply = self.send(who, method, target, body.as_ref());
        assert!((200..300).contains(&reply.status), "{method} {target}: {} {}", reply.status, reply.text());
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }

    pub fn get(&self, who: &Who, target: &str) -> Value {
        self.done(who, "GET", target, Value::Null)
    }

    pub fn post(&self, who: &Who, target: &str, body: Value) -> Value {
        self.done(who, "POST", target, body)
    }

    /// What is refused, and how.
    pub fn refused(&self, who: &Who, method: &str, target: &str, body: Value) -> (u16, String) {
        let body = Some(body).filter(|body| !body.is_null());
        let reply = self.send(who, method, target, body.as_ref());
        (reply.status, reply.code())
    }

    /// Revealed here; nothing else may show it.
    pub fn seen(&self, secret: &str) -> String {
        assert!(secret.len() > 8, "{secret}");
        self.secrets.borrow_mut().push(secret.to_owned());
        secret.to_owned()
    }

    pub fn secrets(&self) -> Vec<String> {
        self.secrets.borrow().clone()
    }

    /// The first of the staff, by the link that the operator's shell gives them.
    pub async fn first(&self, bed: &TestDatabase, email: &str) -> Who {
        let (fixture, shell) = (Fixture::new(), shell());
        let link =
            create_first_setup_link(&OperationContext::new(&bed.store, &shell, now(), fixture.terms())).await.unwrap();
        assert!(link.ends_at > noon());
        let ticket = self.seen(link.ticket.reveal());
        self.let_in(&ticket, email, json!({"email": email, "name": "Sam"}))
    }

    /// A new user, with the link of the response.
    pub fn invited(&self, made: &Value) -> Who {
        let ticket = self.seen(made["setup_link"]["ticket"].as_str().unwrap());
        self.let_in(&ticket, made["user"]["email"].as_str().unwrap(), json!({}))
    }

    fn let_in(&self, ticket: &str, email: &str, mut body: Value) -> Who {
        let password = self.seen(&format!("a password of {email}"));
        body["ticket"] = json!(ticket);
        body["password"] = json!(password);
        self.post(&Who::Anonymous, "/setup", body);
        let body = json!({"email": email, "password": password});
        let reply = self.send(&Who::Anonymous, "POST", "/session", Some(&body));
        assert_eq!(reply.status, 200, "{}", reply.text());
        let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        self.seen(cookie.split_once('=').unwrap().1);
        Who::Browser(cookie)
    }

    /// The whole audit, the oldest line first.
    pub fn audit(&self, who: &Who) -> Vec<Value> {
        let (mut lines, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(who, &format!("/audit?limit=10{cursor}"));
            lines.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        lines.reverse();
        lines
    }
}

#[expect(clippy::disallowed_methods, reason = "as the process beside it")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
