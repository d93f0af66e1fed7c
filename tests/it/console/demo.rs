//! `claviger demo` as a visitor sees it, and the pictures of the book.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::{Browser, Connection, Request, Scripts, claviger, eventually};

/// With the heading of a part of the menu that is theirs alone.
const WORDS: [(&str, &str); 5] = [
    ("church", "Account Details"),
    ("recruiting", "Security"),
    ("ticketing", "Settings: Users"),
    ("practice", "My Account"),
    ("partners", "Settings: Technical"),
];
/// File name, person and path.
const PICTURES: [(&str, &str, &str); 10] = [
    ("overview", "staff@example.org", "/"),
    ("requests", "staff@example.org", "/requests"),
    ("accounts", "staff@example.org", "/accounts"),
    ("status", "staff@example.org", "/status"),
    ("access", "owner@hooli.example", "/access"),
    ("credentials", "owner@acme.example", "/credentials"),
    ("create", "owner@acme.example", "/credentials/new"),
    ("api-management", "owner@acme.example", "/api-management"),
    ("audit", "owner@acme.example", "/audit"),
    ("my-key", "member@acme.example", "/my-key"),
];

struct Demo {
    child: Child,
    printed: String,
    /// Where it writes its folder, which stays behind when it is killed.
    temporary: TempDir,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let temporary = TempDir::new().unwrap();
        let mut child = command(temporary.path()).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut printed = String::new();
        for line in lines.by_ref() {
            printed += &line;
            printed.push('\n');
            if line.contains("the password") {
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, printed, temporary }
    }

    /// Sends a signal and waits for the end; returns what is left of the files.
    fn end_by(mut self, signal: Signal) -> usize {
        end_by(&mut self.child, signal);
        files_in(self.temporary.path())
    }

    /// The link of a person.
    fn link(&self, email: &str) -> &str {
        let line = self.printed.lines().find(|line| line.trim_start().starts_with(email));
        line.and_then(|line| line.split_whitespace().last()).unwrap_or_else(|| panic!("{email}: {}", self.printed))
    }

    async fn sign_in(&self, browser: &Browser, email: &str) {
        browser.open(self.link(email)).await;
        browser.press("Sign in").await;
        browser.arrives_at("/").await;
    }
}

/// On ports that the system picks, with files in this folder.
fn command(temporary: &Path) -> Command {
    let mut command = claviger();
    command.args(["demo", "--port", "0"]).env("TMPDIR", temporary);
    command
}

fn end_by(child: &mut Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
    eventually("the demo ends", || child.try_wait().unwrap().is_some());
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_demo_that_a_signal_ends_leaves_no_files() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        assert_eq!(Demo::start(&[]).end_by(signal), 0, "{signal}, while it serves");
        let temporary = TempDir::new().unwrap();
        let mut child = command(temporary.path()).stdout(Stdio::null()).spawn().unwrap();
        eventually("its folder is there", || files_in(temporary.path()) > 0);
        end_by(&mut child, signal);
        assert_eq!(files_in(temporary.path()), 0, "{signal}, while it starts");
    }
}

#[tokio::test]
async fn a_visitor_of_the_demo_signs_in_by_a_link_that_works_once() {
    let demo = Demo::start(&[]);
    let browser = Browser::start(Scripts::Off).await;
    let link = demo.link("owner@acme.example");
    browser.open(link).await;
    assert!(browser.text("main").await.contains("owner@acme.example (Owner)"));
    // A look uses nothing up.
    demo.sign_in(&browser, "owner@acme.example").await;
    browser.press("API accounts").await;
    assert!(browser.text("main").await.contains("Data warehouse"));
    browser.open(link).await;
    assert!(browser.text("main").await.contains("This link does not work"));
}

#[tokio::test]
async fn a_page_of_another_site_does_not_use_a_link_up() {
    let demo = Demo::start(&[]);
    let link = demo.link("member@acme.example");
    let (host, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
    for site in ["cross-site", "same-site"] {
        let post = Request::new("POST", &format!("/{path}")).header("Origin", "https://evil.example");
        let refused = Connection::open(host.parse().unwrap()).send(&post.header("Sec-Fetch-Site", site).host(host));
        assert_eq!(refused.status, 403, "{}", refused.text());
    }
    demo.sign_in(&Browser::start(Scripts::Off).await, "member@acme.example").await;
}

#[test]
fn the_type_of_a_refusal_leads_to_a_page_that_helps() {
    let demo = Demo::start(&[]);
    let gate = demo.printed.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let refused = Connection::open(gate.parse().unwrap()).send(&Request::get("/v2/payments").host(gate));
    let kind = refused.json()["type"].as_str().unwrap().to_owned();
    let (host, path) = kind.strip_prefix("http://").unwrap().split_once('/').unwrap();
    assert_eq!(path, "errors/credential_missing");
    let page = Connection::open(host.parse().unwrap()).send(&Request::get(&format!("/{path}")).host(host)).text();
    for text in ["What the caller does", "<code>WWW-Authenticate</code> lists", "What the operator does"] {
        assert!(page.contains(text), "{page}");
    }
}

#[test]
fn the_mailbox_shows_what_would_have_been_sent() {
    let demo = Demo::start(&[]);
    let host = demo.link("owner@acme.example").strip_prefix("http://").unwrap().split('/').next().unwrap();
    let get = |path: &str| Connection::open(host.parse().unwrap()).send(&Request::get(path).host(host)).text();
    assert!(get("/demo/mailbox").contains("Nothing yet"));
    let ask = Request::new("POST", "/forgot")
        .header("Origin", format!("http://{host}"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("email=owner%40acme.example");
    let answered = Connection::open(host.parse().unwrap()).send(&ask.host(host));
    assert_eq!((answered.status, answered.header("location")), (303, Some("/sign-in")), "{}", answered.text());
    eventually("the mail is in the mailbox", || get("/demo/mailbox").contains("choose a new password"));
    let page = get("/demo/mailbox");
    let path = page.split(&format!("href=\"http://{host}")).find(|rest| rest.starts_with("/setup/")).unwrap();
    let page = get(path.split('"').next().unwrap());
    assert!(page.contains("owner@acme.example"), "{page}");
}

#[test]
fn every_vocabulary_starts() {
    for (words, _) in WORDS {
        let demo = Demo::start(&["--words", words]);
        let link = demo.link("staff@example.org");
        let (host, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let post = Request::new("POST", &format!("/{path}")).header("Origin", format!("http://{host}"));
        let signed_in = Connection::open(host.parse().unwrap()).send(&post.host(host));
        let cookie = signed_in.header("set-cookie").and_then(|line| line.split(';').next()).unwrap_or_default();
        let overview = Request::get("/").header("Cookie", cookie).host(host);
        let page = Connection::open(host.parse().unwrap()).send(&overview);
        assert_eq!(page.status, 200, "{words}: {}", page.text());
        for (others, theirs) in WORDS {
            let shown = page.text().contains(&format!("<h2>{theirs}</h2>"));
            assert_eq!(shown, others == words, "{words}, {theirs}: {}", page.text());
        }
    }
}

/// `make screenshots`
#[tokio::test]
#[ignore = "writes pictures into docs"]
async fn screenshots() {
    let demo = Demo::start(&[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let browser = Browser::start(Scripts::On).await;
    let mut signed_in = "";
    for (name, email, path) in PICTURES {
        if signed_in != email {
            demo.sign_in(&browser, email).await;
            signed_in = email;
        }
        let link = demo.link(email);
        browser.open(&format!("{}{path}", link.split("/demo/").next().unwrap())).await;
        browser.screenshot(&folder.join(format!("{name}.png"))).await;
    }
}
