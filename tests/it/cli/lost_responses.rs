//! Servers that are not claviger, and lost responses.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::remote_commands::{Server, at};
use crate::support::{Exchange, Gate, RecordingApi, ScriptedApi};

const LIST: [&str; 2] = ["account", "list"];

#[test]
fn a_server_that_is_not_the_management_api_is_reported_in_one_line() {
    let page = ScriptedApi::start(|exchange| {
        exchange.head();
        exchange.write("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>");
    });
    let elsewhere = RecordingApi::start();
    let location = elsewhere.url().to_owned();
    let redirect = ScriptedApi::start(move |exchange| {
        exchange.head();
        exchange.write(format!("HTTP/1.1 307 No\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"));
    });
    let cut = ScriptedApi::start(|exchange| {
        exchange.head();
        exchange.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"items\":");
    });
    let mute = ScriptedApi::start(|exchange| drop(exchange.head()));
    let plain = ScriptedApi::start(|exchange| exchange.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"));
    let other = RecordingApi::start();
    for (server, problem) in [
        ("http://127.0.0.1:1".to_owned(), "does not answer: Connection refused"),
        (
            page.url().to_owned(),
            "answers 200 OK, but not as the management API: is it the console listener of claviger?",
        ),
        (redirect.url().to_owned(), "redirects to http://127.0.0.1:"),
        (cut.url().to_owned(), "was cut off: "),
        (mute.url().to_owned(), "does not answer: connection closed before message completed"),
        (other.url().to_owned(), "the server sent no list"),
        (plain.url().replace("http:", "https:"), "; it does not speak TLS"),
    ] {
        let ended = at(&server, "clvop_planted", &LIST);
        assert_eq!(ended.code, 1, "{server}");
        assert!(ended.stderr.contains(problem) && ended.stderr.lines().count() == 1, "{problem}: {}", ended.stderr);
        assert!(!ended.stderr.contains("planted") && !ended.stderr.contains('\u{1b}'), "{:?}", ended.stderr);
    }
    assert!(elsewhere.seen().is_empty(), "the token followed the redirect");
    // The proxy listener is no admin listener.
    let gate = Gate::before("http://127.0.0.1:9").start();
    let wrong = at(&format!("http://{}", gate.address), "clvop_planted", &LIST);
    assert!(wrong.code == 1 && wrong.stderr.contains("refuses CLAVIGER_TOKEN"), "{}", wrong.stderr);
    // Without a database there is no management API.
    let bare = at(&format!("http://{}", gate.admin), "clvop_planted", &LIST);
    assert!(bare.code == 1 && bare.stderr.contains("404 Not Found, but not as the management API"), "{}", bare.stderr);
}

#[test]
fn a_download_that_is_cut_off_fails_and_keeps_what_arrived() {
    let half = ScriptedApi::start(|exchange| {
        exchange.head();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-disposition: attachment\r\n";
        exchange.write(format!("{head}content-length: 99\r\n\r\nid,at\r\n1,2\r\n"));
    });
    let page = ScriptedApi::start(|exchange| {
        exchange.head();
        exchange.write("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nfine");
    });
    for export in [&["audit", "export"][..], &["credential", "export"]] {
        let ended = at(half.url(), "clvop_planted", export);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, "id,at\r\n1,2\r\n"), "{export:?}");
        assert!(ended.stderr.contains("was cut off: "), "{}", ended.stderr);
        let ended = at(page.url(), "clvop_planted", export);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{export:?}");
        assert!(ended.stderr.contains("but not as the management API"), "{}", ended.stderr);
    }
}

/// A relay that forwards requests and drops the first `lost` responses to changes.
fn losing(server: &Server, lost: usize) -> (ScriptedApi, Arc<AtomicUsize>) {
    let (console, changes) = (server.gate.console, Arc::new(AtomicUsize::new(0)));
    let count = changes.clone();
    let relay = move |exchange: &mut Exchange| {
        loop {
            let head = exchange.head();
            let Some(first) = head.first() else { return };
            let is_change = !first.starts_with("GET ");
            let length =
                head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let body = exchange.take(length.unwrap_or(0));
            let mut server = TcpStream::connect(console).unwrap();
            let asked = format!("{}\r\nconnection: close\r\n\r\n", head.join("\r\n"));
            server.write_all(asked.as_bytes()).unwrap();
            server.write_all(&body).unwrap();
            let mut answer = Vec::new();
            server.read_to_end(&mut answer).unwrap();
            if is_change && count.fetch_add(1, Ordering::SeqCst) < lost {
                return;
            }
            exchange.write(answer);
        }
    };
    (ScriptedApi::start(relay), changes)
}

#[test]
fn a_lost_answer_never_makes_a_second_credential() {
    let there = Server::new();
    let staff = &there.tokens[0];
    let count = || -> usize {
        let listed: Value = serde_json::from_str(&at(&there.server(), staff, &["credential", "list"]).stdout).unwrap();
        listed.as_array().unwrap().len()
    };
    for (number, arguments) in [
        (1, &["credential", "create", "--account", "acme", "--id", "acme-billing"][..]),
        (2, &["credential", "duplicate", "acme-billing"]),
        (2, &["credential", "reset", "acme-billing", "--yes"]),
    ] {
        let (relay, changes) = losing(&there, 1);
        let ended = at(relay.url(), staff, arguments);
        assert_eq!((ended.code, changes.load(Ordering::SeqCst), count()), (1, 2, number), "{arguments:?} {ended:?}");
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!((&answer["secret"], &answer["repeated"]), (&Value::Null, &true.into()));
        let id = answer["credential"]["id"].as_str().unwrap();
        let expected = format!("For another secret: claviger credential reset {id}\n");
        assert!(ended.stderr.contains("; trying again\n") && ended.stderr.ends_with(&expected), "{}", ended.stderr);
        let reset = at(&there.server(), staff, &["credential", "reset", id, "--yes"]);
        assert_eq!(reset.code, 0, "{}", reset.stderr);
    }
}

#[test]
fn a_lost_answer_never_makes_a_second_account_person_link_or_token() {
    let there = Server::new();
    let staff = &there.tokens[0];
    let lost = |arguments: &[&str]| {
        let (relay, changes) = losing(&there, 1);
        let ended = at(relay.url(), staff, arguments);
        assert_eq!(changes.load(Ordering::SeqCst), 2, "{arguments:?} {ended:?}");
        assert!(ended.stderr.contains("; trying again\n"), "{}", ended.stderr);
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        (ended.code, answer, ended.stderr)
    };
    let count = |what: &str| -> usize {
        let listed: Value = serde_json::from_str(&at(&there.server(), staff, &[what, "list"]).stdout).unwrap();
        listed.as_array().unwrap().len()
    };
    let (code, account, _) = lost(&["account", "create", "--name", "Initech"]);
    assert_eq!((code, &account["name"], count("account")), (0, &"Initech".into(), 3), "nothing of it was lost");
    let (code, made, said) =
        lost(&["user", "create", "--email", "bob@acme.example", "--role", "owner", "--account", "acme"]);
    let bob = made["user"]["id"].as_str().unwrap();
    assert_eq!((code, &made["setup_link"], count("user")), (1, &Value::Null, 1));
    assert!(said.ends_with(&format!("For another link: claviger user setup-link {bob}\n")), "{said}");
    let (code, link, said) = lost(&["user", "setup-link", bob]);
    assert_eq!((code, &link["ticket"], &link["repeated"]), (1, &Value::Null, &true.into()));
    assert!(link["ends_at"].is_string() && said.ends_with("For another link, run this command again\n"), "{said}");
    let (code, made, said) = lost(&["operator", "create", "--name", "x", "--role", "staff"]);
    let id = made["operator_token"]["id"].as_str().unwrap();
    assert_eq!((code, &made["token"], count("operator")), (1, &Value::Null, 4));
    assert!(said.ends_with(&format!("delete this one: claviger operator delete {id}\n")), "{said}");
}

#[test]
fn a_change_without_a_response_is_reported_as_uncertain() {
    let there = Server::new();
    let staff = &there.tokens[0];
    let (relay, changes) = losing(&there, 9);
    let ended = at(relay.url(), staff, &["credential", "create", "--account", "acme", "--id", "acme-billing"]);
    assert_eq!((ended.code, ended.stdout.as_str(), changes.load(Ordering::SeqCst)), (1, "", 2));
    assert!(
        ended.stderr.ends_with("The server may have done it: check before you run this again\n"),
        "{}",
        ended.stderr
    );
    // Without a key of its own, a call is not made twice.
    let (relay, changes) = losing(&there, 9);
    let ended = at(relay.url(), staff, &["account", "grant", "acme"]);
    assert_eq!((ended.code, changes.load(Ordering::SeqCst)), (1, 1));
    assert!(
        ended.stderr.ends_with("The server may have done it: check before you run this again\n"),
        "{}",
        ended.stderr
    );
}
