//! A secret that is sent to its contact: neither it, nor its code, nor its ticket, nor what logs in to mail server and
//! provider is in a log, a row, a backup, an export or a page after the showing.

use claviger::config::DatabaseUrl;
use serde_json::{Value, json};

use super::{STANDARD, traces_of};
use crate::delivery::bed::PASSWORD;
use crate::delivery::post::{Post, shown_secret, submit};
use crate::delivery::twilio::{ACCOUNT, TOKEN};
use crate::server::{call, staff_token};
use crate::store::test_database::TestDatabase;
use crate::support::{Connection, Gate, Request, Run, claviger, eventually, eventually_async};
use base64::Engine as _;

pub(super) const LEVEL: &str = "log: {format: json, level: \"trace,hyper=trace,hyper_util=trace,axum=trace,tower=trace,\
                     reqwest=trace,lettre=trace,rustls=trace,sqlx=trace,sqlx_core=trace,sqlx_postgres=trace,\
                     sqlx_sqlite=trace,mio=trace\"}\n";
const CONSOLE: &str = "console: {public_url: 'https://keys.example.org'}\n";
const LINK: &str = "/reveal/";
const TICKET_LENGTH: usize = 43;

/// What must be nowhere, with its name.
pub(super) struct Secrets(pub(super) Vec<(&'static str, String)>);

impl Secrets {
    pub(super) fn assert_absent(&self, place: &str, text: &str) {
        for (name, secret) in &self.0 {
            for trace in traces_of(secret) {
                let line = text.lines().find(|line| line.contains(&trace));
                assert!(line.is_none(), "{place} shows {name} as {trace}: {line:?}");
            }
        }
        // The tickets of links that have not arrived have no other trace.
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        for rest in text.split(LINK).skip(1) {
            let length = rest.chars().take_while(|letter| is_part(*letter)).count();
            assert!(length < TICKET_LENGTH, "{place} shows a link: {}", &rest[..TICKET_LENGTH]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_are_sent_are_in_no_output_row_backup_or_page_afterwards_on_sqlite() {
    send_and_search(TestDatabase::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_are_sent_are_in_no_output_row_dump_or_page_afterwards_on_postgres() {
    send_and_search(TestDatabase::postgres().await).await;
}

async fn send_and_search(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put_user("ok", Some("acme"), claviger::store::Role::Owner).await;
    let (staff, post) = (staff_token(&bed.store).await, Post::start().await);
    let builder = Gate::before("http://127.0.0.1:9").database(&bed.address()).log(LEVEL);
    std::fs::write(builder.folder().join("installation.key"), random_key()).unwrap();
    let gate = builder.settings(CONSOLE).settings(&post.settings("")).start();
    let api = |method: &str, target: &str, body: Option<&Value>| call(&gate, &staff, method, target, body);

    // Both channels refuse first, and quote what they refuse.
    post.twilio.refuse_next(400, 21602, "refused: BODY");
    let new = json!({"account": "acme", "kind": "token", "name": "Pixel", "deliver": "send",
        "contact_email": "quote@dev.example", "contact_mobile": "+447894123456"});
    let created = api("POST", "/api/v1/credentials", Some(&new));
    assert_eq!(created.status, 201, "{}", created.text());
    let place = format!("/api/v1/credentials/{}", created.json()["credential"]["id"].as_str().unwrap());
    let failed = || bed.ask("SELECT COUNT(*) FROM outbox WHERE state = 'failed' AND error_text LIKE '%…%'");
    eventually_async("both channels refuse", async || failed().await == 2).await;
    assert_eq!(api("POST", &format!("{place}/deliver"), None).status, 200);
    let (ticket, code) = post.received(1);
    let page = format!("{LINK}{ticket}");
    let get = |target: &str| Connection::open(gate.console).send(&Request::get(target).header("Connection", "close"));
    assert_eq!(get(&page).status, 200);
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    assert_eq!(submit(gate.console, &page, &format!("code={wrong}")).status, 422);
    assert_eq!(submit(gate.console, &page, &format!("code={code}&code={code}")).status, 400);
    let shown = submit(gate.console, &page, &format!("code={}+{}", &code[..4], &code[4..]));
    assert_eq!(shown.status, 200, "{}", shown.text());
    let secret = shown_secret(&shown);
    eventually("the gate knows the secret", || {
        gate.send(&Request::get("/x").bearer(&secret).header("Connection", "close")).status == 502
    });

    let login = STANDARD.encode(format!("\0keys\0{PASSWORD}"));
    let basic = STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
    let spaced = format!("{} {}", &code[..4], &code[4..]);
    let secrets = Secrets(vec![
        ("the secret", secret.clone()),
        ("the code", code.clone()),
        ("the code", spaced.clone()),
        ("the ticket", ticket.clone()),
        ("the password of the mail server", PASSWORD.into()),
        ("the login at the mail server", login),
        ("the token of the provider", TOKEN.into()),
        ("the login at the provider", basic),
    ]);
    for again in [get(&page), submit(gate.console, &page, &format!("code={code}")), submit(gate.console, &page, "")] {
        assert_eq!(again.status, 410);
        // The address of the page stands in none of its forms any more.
        secrets.assert_absent("the page after the showing", &again.text());
    }
    for target in [
        &place,
        "/api/v1/credentials",
        "/api/v1/audit?limit=200",
        "/api/v1/audit.csv",
        "/api/v1/credential-files?format=yaml",
        "/api/v1/credential-files?format=csv",
        &format!("{place}/diagnosis"),
    ] {
        let answer = api("GET", target, None);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        secrets.assert_absent(target, &answer.text());
    }
    eventually("the notice of the showing arrives", || {
        post.mail.mails().iter().any(|mail| mail.to() == "ok@example.org")
    });
    for mail in post.mail.mails() {
        let texts = [mail.text(), mail.html(), mail.0["raw"].as_str().unwrap()];
        for found in [&secret, &code, &spaced] {
            assert!(texts.iter().all(|text| !text.contains(found.as_str())), "{found}: {texts:?}");
        }
    }
    for text in post.twilio.sent() {
        assert!(!text["Body"].contains(&secret) && !text["Body"].contains(&ticket), "{text:?}");
    }
    let run = |arguments: &[&str]| {
        let mut command = claviger();
        command.args(arguments).arg("--config").arg(gate.settings_file());
        let ended = Run::of(command).end();
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
        format!("{}{}", ended.stdout, ended.stderr)
    };
    for arguments in
        [&["credential", "export"][..], &["credential", "list", "--json"], &["audit", "export"], &["config", "show"]]
    {
        secrets.assert_absent(&format!("{arguments:?}"), &run(arguments));
    }
    let backup = gate.folder().join("backup.db");
    for (place, dump) in dumps(&bed, || run(&["database", "backup", backup.to_str().unwrap()]), &backup) {
        assert!(dump.contains("dev.example"), "{place} is empty");
        secrets.assert_absent(&place, &dump);
    }
    let log = gate.stderr();
    for event in ["\"purpose\":\"reveal_link\"", "\"purpose\":\"reveal_code\"", "\"result\":\"failed\""] {
        assert!(log.contains(event), "{event} is not in the log: {log}");
    }
    secrets.assert_absent("the operational log", &log);
    secrets.assert_absent("the access log", &gate.stdout());
    secrets.assert_absent("metrics", &gate.admin("GET", "/metrics").text());
    secrets.assert_absent("readiness", &gate.admin("GET", "/readyz?verbose").text());
}

/// All rows, and the backup, each with the name of its place.
pub(super) fn dumps(
    bed: &TestDatabase,
    back_up: impl FnOnce() -> String,
    backup: &std::path::Path,
) -> Vec<(String, String)> {
    let read = |file: &std::path::Path| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    match &bed.url {
        DatabaseUrl::Sqlite(file) => {
            back_up();
            let beside = std::fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
            let live: String = beside.map(|file| read(&file)).collect();
            vec![("the database".into(), live), ("the backup".into(), read(backup))]
        }
        DatabaseUrl::Postgres(url) => {
            let dumped = std::process::Command::new("pg_dump").arg(url.expose()).output().unwrap();
            assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
            vec![("the dump".into(), String::from_utf8(dumped.stdout).unwrap())]
        }
    }
}

fn random_key() -> Vec<u8> {
    claviger::credential::InstallationKey::mint().unwrap().reveal().to_vec()
}
