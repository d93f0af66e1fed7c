//! The same commands, asked of a running process over HTTP.

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Authority, Ended, Gate, GateBuilder, Run};

/// A running management API with tokens of staff, owner and implementer of `acme`.
pub struct Server {
    pub gate: Gate,
    pub tokens: [String; 3],
}

impl Server {
    pub fn new() -> Self {
        Self::of(Gate::before("http://127.0.0.1:9"))
    }

    fn of(gate: GateBuilder) -> Self {
        let gate = gate.database("sqlite:claviger.db").settings("scopes: {pay: [{path: /pay}]}").start();
        let beside = |arguments: &[&str]| -> Value {
            let ended = Run::within(gate.folder(), arguments).end();
            assert_eq!(ended.code, 0, "{}", ended.stderr);
            serde_json::from_str(&ended.stdout).unwrap()
        };
        for account in ["acme", "globex"] {
            beside(&["account", "create", "--id", account]);
            beside(&["account", "grant", account]);
        }
        let token = |role: &str| {
            let account = if role == "staff" { &[][..] } else { &["--account", "acme"] };
            let create = ["operator", "create", "--name", role, "--role", role];
            beside(&[&create, account].concat())["token"].as_str().unwrap().to_owned()
        };
        let tokens = ["staff", "owner", "implementer"].map(token);
        Self { gate, tokens }
    }

    pub fn server(&self) -> String {
        format!("http://{}", self.gate.console)
    }

    fn run(&self, token: &str, arguments: &[&str]) -> Ended {
        at(&self.server(), token, arguments)
    }

    fn json(&self, token: &str, arguments: &[&str]) -> Value {
        let ended = self.run(token, arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{arguments:?}");
        serde_json::from_str(&ended.stdout).unwrap()
    }
}

/// Runs a command with this token in a folder without settings.
pub fn at(server: &str, token: &str, arguments: &[&str]) -> Ended {
    let folder = TempDir::new().unwrap();
    let run = Run::within(folder.path(), &[arguments, &["--server", server]].concat());
    run.variable("CLAVIGER_TOKEN", token).variable("http_proxy", "http://127.0.0.1:1").end()
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[test]
fn staff_commands_do_the_same_over_http_as_on_the_database() {
    let there = Server::new();
    let staff = &there.tokens[0];
    let json = |arguments: &[&str]| there.json(staff, arguments);
    assert_eq!(ids(&json(&["account", "list"])), ["acme", "globex"]);
    let made = json(&["credential", "create", "--account", "acme", "--id", "acme-billing", "--scope", "pay"]);
    assert!(made["secret"]["token"].as_str().unwrap().starts_with("clv_"));
    assert_eq!(json(&["credential", "show", "acme-billing"])["state"], "enabled");
    assert_eq!(json(&["credential", "edit", "acme-billing", "--name", "Billing"])["name"], "Billing");
    assert!(json(&["credential", "reset", "acme-billing", "--yes"])["secret"]["token"].is_string());
    assert_eq!(json(&["credential", "disable", "acme-billing", "--yes"])["enabled"], false);
    assert_eq!(ids(&json(&["credential", "list", "--state", "disabled", "--name", "bill"])), ["acme-billing"]);
    assert_eq!(json(&["credential", "delete", "acme-billing", "--yes"])["id"], "acme-billing");
    let user = json(&["user", "create", "--email", "ann@example.org", "--role", "staff"]);
    assert!(user["setup_link"]["ticket"].is_string());
    let csv = there.run(staff, &["audit", "export", "--verb", "reset"]);
    assert_eq!((csv.code, csv.stdout.lines().count()), (0, 2), "{}", csv.stdout);
    let audit = json(&["audit", "list", "--verb", "delete"]);
    assert_eq!((&audit[0]["actor_kind"], &audit[0]["address"]), (&"token".into(), &"127.0.0.1".into()));
}

#[test]
fn a_token_of_an_account_sees_nothing_of_another() {
    let there = Server::new();
    let [staff, owner, implementer] = &there.tokens;
    for account in ["acme", "globex"] {
        there.json(staff, &["credential", "create", "--account", account, "--id", &format!("{account}-billing")]);
    }
    for token in [owner, implementer] {
        assert_eq!(ids(&there.json(token, &["credential", "list"])), ["acme-billing"]);
        assert_eq!(ids(&there.json(token, &["account", "list"])), ["acme"]);
        for arguments in [
            &["credential", "show", "globex-billing"][..],
            &["credential", "reset", "globex-billing", "--yes"],
            &["credential", "delete", "globex-billing", "--yes"],
        ] {
            let ended = there.run(token, arguments);
            let expected = (1, "", "claviger: no credential has the id globex-billing\n");
            assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), expected, "{arguments:?}");
        }
        let refused = there.run(token, &["account", "create", "--id", "mine"]);
        assert_eq!((refused.code, refused.stderr.as_str()), (1, "claviger: your role does not allow this\n"));
    }
    assert_eq!(there.run(owner, &["user", "list"]).code, 0);
    assert_eq!(there.run(implementer, &["user", "list"]).stderr, "claviger: your role does not allow this\n");
}

#[test]
fn an_unknown_certificate_is_refused_and_one_of_a_named_authority_is_accepted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let builder = Gate::before("http://127.0.0.1:9");
    let folder = builder.folder().to_owned();
    authority.issue("127.0.0.1").write(&folder);
    authority.write(&folder.join("ca.pem"));
    other.write(&folder.join("other.pem"));
    std::fs::write(folder.join("empty.pem"), "nothing").unwrap();
    let there = Server::of(
        builder
            .variable("CLAVIGER__CONSOLE__TLS__CERTIFICATE", folder.join("cert.pem").to_str().unwrap())
            .variable("CLAVIGER__CONSOLE__TLS__KEY", folder.join("key.pem").to_str().unwrap()),
    );
    let server = format!("https://{}", there.gate.console);
    let list = |ca: &[&str]| {
        let arguments = [&["account", "list", "--server", &server], ca].concat();
        Run::within(&folder, &arguments).variable("CLAVIGER_TOKEN", &there.tokens[0]).end()
    };
    for (ca, problem) in [
        (&[][..], "; name the authority that signed its certificate with --ca FILE\n"),
        (&["--ca", "other.pem"], "; name the authority that signed its certificate with --ca FILE\n"),
        (&["--ca", "empty.pem"], "claviger: --ca: empty.pem: holds no certificate (PEM)\n"),
        (&["--ca", "gone.pem"], "claviger: --ca: gone.pem: No such file or directory (os error 2)\n"),
    ] {
        let ended = list(ca);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ca:?}");
        assert!(ended.stderr.ends_with(problem) && ended.stderr.lines().count() == 1, "{}", ended.stderr);
    }
    let known = list(&["--ca", "ca.pem"]);
    assert_eq!((known.code, known.stderr.as_str()), (0, ""));
    assert!(known.stdout.contains("\"acme\""));
    // Plain HTTP gets no response.
    let plain = at(&format!("http://{}", there.gate.console), &there.tokens[0], &["account", "list"]);
    assert_eq!(plain.code, 1, "{plain:?}");
}

#[test]
fn a_token_is_never_sent_in_plain_text_to_another_machine() {
    for (server, problem) in [
        ("http://keys.example.org", "over plain HTTP others could read the token"),
        ("http://127.0.0.1@keys.example.org", "over plain HTTP others could read the token"),
        ("http://127.0.0.1.example.org", "over plain HTTP others could read the token"),
        ("ftp://127.0.0.1", "over plain HTTP others could read the token"),
        ("https://me:secret@keys.example.org", "must not hold a user"),
        ("https://keys.example.org/api/v1", "must not have a path"),
        ("/keys", "must be https://HOST[:PORT]"),
    ] {
        let ended = at(server, "clvop_x", &["account", "list"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{server}");
        assert!(ended.stderr.contains(problem) && !ended.stderr.contains("clvop_x"), "{server}: {}", ended.stderr);
    }
    let none = at("http://127.0.0.1:1", "", &["account", "list"]);
    assert!(none.stderr.contains("set CLAVIGER_TOKEN to an operator token"), "{}", none.stderr);
    let odd = at("http://127.0.0.1:1", "clvop_\u{1b}", &["account", "list"]);
    assert_eq!(odd.stderr, "claviger: CLAVIGER_TOKEN holds characters that no token has\n");
}

#[test]
fn a_wrong_token_is_reported() {
    let there = Server::new();
    let listed = there.json(&there.tokens[0], &["operator", "list"]);
    let owner = listed.as_array().unwrap().iter().find(|token| token["role"] == "owner").unwrap();
    there.json(&there.tokens[0], &["operator", "disable", owner["id"].as_str().unwrap(), "--yes"]);
    for token in ["clvop_wrong", &there.tokens[1]] {
        let ended = there.run(token, &["account", "list"]);
        let expected = format!(
            "claviger: {} refuses CLAVIGER_TOKEN: the operator token is unknown, disabled or expired; send one that is valid\n",
            there.server()
        );
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr), (1, "", expected));
    }
}
