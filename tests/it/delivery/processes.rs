//! Real processes: what the API queues arrives, health and metrics say how it is, and no secret is logged.

use serde_json::json;

use super::bed::PASSWORD;
use super::post::{Post, shown_secret, submit};
use super::smtp_server::SmtpServer;
use crate::server::{call, staff_token};
use crate::store::test_database::TestDatabase;
use crate::support::{Gate, eventually};

fn process(bed: &TestDatabase, server: &SmtpServer) -> Gate {
    let ca = server.folder.path().join("ca.pem");
    let settings = format!(
        "console: {{public_url: 'https://keys.example.org'}}\ndelivery: {{mail: {{server: 'smtp://localhost:{}', \
         username: keys, password: '{PASSWORD}', from: keys@example.org, ca: '{}'}}}}\nlog: {{level: debug}}",
        server.port,
        ca.display()
    );
    Gate::management_only(&bed.address()).log("").settings(&settings).start()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_one_sends_each_mail_and_health_says_why_one_waits() {
    let (bed, mut server) = (TestDatabase::sqlite().await, SmtpServer::start());
    bed.account("acme").await;
    let staff = staff_token(&bed.store).await;
    let processes = [process(&bed, &server), process(&bed, &server)];
    let invite = |number: usize| {
        let body = json!({"role": "owner", "account": "acme", "email": format!("ok@dev{number}.example")});
        let reply = call(&processes[number % 2], &staff, "POST", "/api/v1/users", Some(&body));
        assert_eq!(reply.status, 201, "{}", reply.text());
    };
    (0..6).for_each(invite);
    eventually("all mails arrive", || server.mails().len() == 6);
    let mut recipients: Vec<_> = server.mails().iter().map(|mail| mail.to().to_owned()).collect();
    recipients.sort();
    recipients.dedup();
    assert_eq!(recipients.len(), 6);
    let sum = |name: &str| processes.iter().map(|process| process.metric(name)).sum::<f64>();
    let accepted = "claviger_notifications_total{channel=\"mail\",result=\"accepted\"}";
    eventually("each mail is counted once", || sum(accepted) == 6.0);
    let ready = processes[0].admin("GET", "/readyz?verbose").text();
    assert!(ready.contains("[+] mails go out\n") && !ready.contains("text messages"), "{ready}");

    server.stop();
    invite(6);
    let delayed = "claviger_notifications_total{channel=\"mail\",result=\"delayed\"}";
    eventually("the attempt fails", || sum(delayed) == 1.0);
    let says = |process: &Gate| process.admin("GET", "/readyz?verbose").text().contains("the last attempt failed at");
    assert!(processes.iter().any(says));
    for process in &processes {
        assert_eq!(process.admin("GET", "/readyz").status, 200, "a mail that waits stops no traffic");
        let log = process.stderr();
        assert!(!log.contains(PASSWORD) && !log.contains("dev6.example"), "{log}");
        for mail in server.mails() {
            assert!(!log.contains(mail.link().rsplit('/').next().unwrap()), "{log}");
        }
    }
}

/// The answer is the same; whether a mail comes, only its reader learns.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_password_is_answered_alike_for_users_and_strangers() {
    let (bed, server) = (TestDatabase::sqlite().await, SmtpServer::start());
    bed.account("acme").await;
    bed.put_user("ok", Some("acme"), claviger::store::Role::Owner).await;
    let process = process(&bed, &server);
    let ask = |email: &str| {
        let request = crate::support::Request::new("POST", "/api/v1/session/lost-password")
            .header("Connection", "close")
            .header("Host", "evil.example")
            .header("X-Forwarded-Host", "evil.example")
            .header("Content-Type", "application/json")
            .body(json!({"email": email}).to_string());
        let reply = crate::support::Connection::open(process.console).send(&request);
        (reply.status, reply.text())
    };
    assert_eq!(ask("ok@example.org"), (202, String::new()));
    assert_eq!(ask("stranger@example.org"), ask("ok@example.org"));
    assert_eq!(ask("junk\r\n").0, 422);
    eventually("the mail arrives", || server.mails().len() == 1);
    let mail = &server.mails()[0];
    assert!(mail.link().starts_with("https://keys.example.org/setup/"));
    assert!(!mail.0["raw"].as_str().unwrap().contains("evil.example"));
}

/// One process is killed while the mail server has its mail and does not answer. The other one leaves the message alone
/// until the lease ends, sends it then, and its card says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_while_it_sends_leaves_its_mail_to_the_other_after_the_lease() {
    let (bed, post) = (TestDatabase::postgres().await, Post::start().await);
    bed.account("acme").await;
    let staff = staff_token(&bed.store).await;
    let key = claviger::credential::InstallationKey::mint().unwrap();
    let start = || {
        let builder = Gate::management_only(&bed.address());
        std::fs::write(builder.folder().join("installation.key"), key.reveal()).unwrap();
        let settings = format!("console: {{public_url: 'https://keys.example.org'}}\n{}", post.settings(""));
        builder.settings(&settings).start()
    };
    let mut doomed = start();
    let new = json!({"account": "acme", "kind": "token", "deliver": "send", "contact_email": "hangonce@dev.example",
        "contact_mobile": "+447894123456"});
    let created = call(&doomed, &staff, "POST", "/api/v1/credentials", Some(&new));
    assert_eq!(created.status, 201, "{}", created.text());
    let place = format!("/api/v1/credentials/{}", created.json()["credential"]["id"].as_str().unwrap());
    eventually("the mail server holds the mail", || post.mail.hangs() == 1 && post.twilio.sent().len() == 1);
    let other = start();
    doomed.signal(nix::sys::signal::Signal::SIGKILL);
    assert_eq!(doomed.wait().code(), None);

    let card = || call(&other, &staff, "GET", &place, None).json()["delivery"].clone();
    // More than two looks of a worker.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let claim = "SELECT COUNT(*) FROM outbox WHERE channel = 'mail' AND state = 'waiting' AND attempts = 1 AND
        claimed_by IS NOT NULL";
    assert_eq!((bed.ask(claim).await, post.mail.mails().len()), (1, 0), "{}", card());
    // The lease ends.
    bed.execute("UPDATE outbox SET claimed_until = 1 WHERE channel = 'mail'").await;
    eventually("the other process sends the mail", || post.mail.mails().len() == 1);
    eventually("its card says so", || card()["mail"]["state"] == "accepted");
    assert_eq!(bed.ask("SELECT attempts FROM outbox WHERE channel = 'mail'").await, 2);
    let (ticket, code) = post.received(1);
    let shown = submit(other.console, &format!("/reveal/{ticket}"), &format!("code={code}"));
    assert_eq!(shown.status, 200, "{}", shown.text());
    assert_eq!(bed.ask("SELECT COUNT(*) FROM tokens").await, 1);
    assert!(shown_secret(&shown).starts_with("clv_"));
}

/// The next process would send the mail again.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_answer_of_the_mail_server_and_records_it() {
    let (bed, server) = (TestDatabase::sqlite().await, SmtpServer::start());
    bed.account("acme").await;
    let staff = staff_token(&bed.store).await;
    let mut process = process(&bed, &server);
    let body = json!({"role": "owner", "account": "acme", "email": "slow@dev.example"});
    assert_eq!(call(&process, &staff, "POST", "/api/v1/users", Some(&body)).status, 201);
    eventually("the mail arrives", || server.mails().len() == 1);
    process.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(process.wait().code(), Some(0));
    let accepted = "SELECT COUNT(*) FROM outbox WHERE state = 'accepted' AND attempts = 1";
    assert_eq!(bed.ask(accepted).await, 1, "{}", process.stderr());
}
