//! Settings of delivery that cannot work, each with its line and the way out; and the command that tries them out.

use tempfile::TempDir;

use super::bed::PASSWORD;
use super::smtp_server::SmtpServer;
use super::twilio::{ACCOUNT, TOKEN, Twilio};
use crate::support::{Ended, Run};

const BASE: &str = "proxy: {upstream: 'http://127.0.0.1:9'}\ncredentials: {database: 'sqlite:claviger.db'}\n";
const CONSOLE: &str = "console: {public_url: 'https://keys.example.org'}\n";
const MAIL: &str = "server: 'smtps://smtp.example.org', from: keys@example.org";
const SMS: &str = "account: AC1, token: secret-token, from: '+15005550006'";

fn validate(settings: &str) -> Ended {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    std::fs::write(folder.path().join("empty"), "\n").unwrap();
    Run::within(folder.path(), &["config", "validate", "--config", "claviger.yaml"]).end()
}

#[test]
fn settings_of_delivery_that_work_are_accepted() {
    for delivery in [
        String::new(),
        "{link: 1h}".into(),
        "{link: 336h}".into(),
        format!("{{mail: {{{MAIL}}}}}"),
        format!(
            "{{mail: {{{MAIL}, username: me, password: x, reply_to: 'Help <help@example.org>', headers: {{X-A: b}}}}}}"
        ),
        format!("{{show_to_creator: true, sms: {{{SMS}, countries: ['+44', '+1']}}}}"),
        format!("{{show_to_creator: false, mail: {{{MAIL}}}, sms: {{{SMS}}}}}"),
        format!(
            "{{mail: {{{MAIL}}}, sms: {{{SMS}}}, reveal: {{listen: '127.0.0.1:8084', public_url: 'https://r.example.org'}}}}"
        ),
    ] {
        let line = if delivery.is_empty() { String::new() } else { format!("delivery: {delivery}\n") };
        let ended = validate(&format!("{BASE}{CONSOLE}{line}"));
        assert_eq!(ended.code, 0, "{delivery}: {}", ended.stderr);
    }
}

#[test]
fn each_fault_of_delivery_names_its_line_and_the_way_out() {
    let mail = |rest: &str| format!("{{mail: {{{MAIL}{rest}}}}}");
    let sms = |rest: &str| format!("{{sms: {{{SMS}{rest}}}}}");
    let server = |server: &str| format!("{{mail: {{server: '{server}', from: keys@example.org}}}}");
    for (delivery, key, hint) in [
        ("{link: 59m}".to_owned(), "delivery.link", "must be 1h to 14 days"),
        ("{link: 337h}".to_owned(), "delivery.link", "must be 1h to 14 days"),
        ("{show_to_creator: false}".to_owned(), "delivery.show_to_creator", "delivery.mail is missing"),
        (
            format!("{{show_to_creator: false, mail: {{{MAIL}}}}}"),
            "delivery.show_to_creator",
            "delivery.sms is missing",
        ),
        (server("smtps://smtp.example.org:587"), "delivery.mail.server", "write smtp://HOST, or port 465"),
        (server("smtp://smtp.example.org:465"), "delivery.mail.server", "write smtps://HOST, or port 587"),
        (server("smtp.example.org"), "delivery.mail.server", "must be smtps://HOST"),
        (server("smtp://me:secret-word@smtp.example.org"), "delivery.mail.server", "set username and password_file"),
        ("{mail: {server: 'smtps://x', from: Example}}".to_owned(), "delivery.mail.from", "must have an address"),
        ("{mail: {server: 'smtps://x'}}".to_owned(), "delivery.mail.from", "is missing"),
        ("{mail: {from: a@b.example}}".to_owned(), "delivery.mail.server", "is missing"),
        (mail(", username: me"), "delivery.mail.username", "set password_file"),
        (mail(", password: secret-word"), "delivery.mail", "set username"),
        (
            mail(", username: me, password: secret-word, password_file: p"),
            "delivery.mail.password_file",
            "use one of them",
        ),
        (mail(", username: me, password_file: gone"), "delivery.mail.password_file", "cannot be read"),
        (mail(", username: me, password_file: empty"), "delivery.mail.password_file", "must not be empty"),
        (mail(", headers: {Bcc: x}"), "delivery.mail.headers", "begins with X-"),
        (mail(", headers: {X-A: \"a\\r\\nBcc: b\"}"), "delivery.mail.headers.X-A", "on one line"),
        (mail(", ca: gone.pem"), "delivery.mail.ca", "cannot be read"),
        (mail(", ca: claviger.yaml"), "delivery.mail.ca", "no certificate"),
        (sms(", countries: []"), "delivery.sms.countries", "is empty"),
        (sms(", countries:"), "delivery.sms.countries", "is empty"),
        (sms(", countries: ['44']"), "delivery.sms.countries", "must be a +"),
        (sms(", daily: 0"), "delivery.sms.daily", ""),
        (sms(", api: 'http://sms.example.org'"), "delivery.sms.api", "write https://"),
        (sms(", messaging_service: MG1"), "delivery.sms.from", "use one of them"),
        (sms(", token_file: empty"), "delivery.sms.token_file", "use one of them"),
        ("{sms: {account: AC1, token: x}}".to_owned(), "delivery.sms.from", "set the number of the sender"),
        ("{sms: {account: AC1, from: Example}}".to_owned(), "delivery.sms.token_file", "is missing"),
        ("{sms: {account: 'a/b', token: x, from: Example}}".to_owned(), "delivery.sms.account", "must be the id"),
        ("{sms: {account: AC1, token: x, from: 'Much too long'}}".to_owned(), "delivery.sms.from", "must be a number"),
        ("{reveal: {public_url: 'https://r.example.org'}}".to_owned(), "delivery.reveal", "set both"),
        (
            format!("{{mail: {{{MAIL}}}, sms: {{{SMS}}}, reveal: {{listen: '127.0.0.1:8084'}}}}"),
            "delivery.reveal.public_url",
            "set reveal.public_url",
        ),
        (
            format!(
                "{{mail: {{{MAIL}}}, sms: {{{SMS}}}, reveal: {{listen: '0.0.0.0:8084', public_url: 'https://r'}}}}"
            ),
            "delivery.reveal.listen",
            "set console.tls",
        ),
        (
            format!(
                "{{mail: {{{MAIL}}}, sms: {{{SMS}}}, reveal: {{listen: '127.0.0.1:8083', public_url: 'https://r'}}}}"
            ),
            "delivery.reveal.listen",
            "is used by another listener",
        ),
    ] {
        let ended = validate(&format!("{BASE}{CONSOLE}delivery: {delivery}\n"));
        let line = ended.stderr.lines().find(|line| line.contains(&format!("  {key}")) && line.contains(hint));
        assert!(ended.code == 1 && line.is_some(), "{delivery}: {}", ended.stderr);
        assert!(line.unwrap().starts_with("claviger.yaml:4:"), "{delivery}: {}", ended.stderr);
        assert!(!ended.stderr.contains("secret-word"), "{}", ended.stderr);
    }
}

#[test]
fn a_channel_needs_the_address_of_the_console_and_a_database() {
    let ended = validate(&format!("{BASE}delivery: {{mail: {{{MAIL}}}}}\n"));
    assert!(ended.stderr.contains("claviger.yaml:3:18  delivery.mail  needs console.public_url"), "{}", ended.stderr);
    let settings = format!("proxy: {{upstream: 'http://127.0.0.1:9'}}\n{CONSOLE}credentials: {{file: c.yaml}}\n");
    let ended = validate(&format!("{settings}delivery: {{sms: {{{SMS}}}}}\n"));
    assert!(ended.stderr.contains("delivery.sms  has no effect without a database"), "{}", ended.stderr);
}

#[test]
fn links_to_secrets_lead_over_tls_or_to_this_machine() {
    let both = format!("mail: {{{MAIL}}}, sms: {{{SMS}}}");
    let console = |url: &str| format!("{BASE}console: {{public_url: '{url}'}}\n");
    for url in ["http://keys.example.org", "HTTP://keys.example.org", "http://localhost.example.org"] {
        let ended = validate(&format!("{}delivery: {{mail: {{{MAIL}}}}}\n", console(url)));
        let fault = "claviger.yaml:3:23  console.public_url  is plain text to another machine";
        assert!(ended.code != 0 && ended.stderr.contains(fault), "{url}: {}", ended.stderr);
        assert!(ended.stderr.contains("write https://"), "{}", ended.stderr);
        let ended = validate(&format!("{BASE}{CONSOLE}delivery: {{{both}, reveal: {{public_url: '{url}'}}}}\n"));
        let fault = "delivery.reveal.public_url  is plain text to another machine";
        assert!(ended.code != 0 && ended.stderr.contains(fault), "{url}: {}", ended.stderr);
        // No message with a link leaves.
        assert_eq!(validate(&console(url)).code, 0, "{url}");
    }
    for url in ["http://localhost:8083", "http://127.0.0.1", "http://[::1]:8083/x", "HTTPS://keys.example.org"] {
        let ended = validate(&format!("{}delivery: {{{both}}}\n", console(url)));
        assert_eq!(ended.code, 0, "{url}: {}", ended.stderr);
    }
}

#[test]
fn a_provider_is_not_met_in_plain_text_whatever_the_case_of_its_scheme() {
    for api in ["http://sms.example.org", "HTTP://sms.example.org", "hTTp://sms.example.org"] {
        let ended = validate(&format!("{BASE}{CONSOLE}delivery: {{sms: {{{SMS}, api: '{api}'}}}}\n"));
        let fault = "delivery.sms.api  is plain text to another machine";
        assert!(ended.code != 0 && ended.stderr.contains(fault), "{api}: {}", ended.stderr);
    }
}

#[test]
fn a_password_in_the_settings_is_not_shown() {
    let folder = TempDir::new().unwrap();
    let delivery = format!("delivery: {{mail: {{{MAIL}, username: me, password: secret-word}}, sms: {{{SMS}}}}}\n");
    std::fs::write(folder.path().join("claviger.yaml"), format!("{BASE}{CONSOLE}{delivery}")).unwrap();
    let ended = Run::within(folder.path(), &["config", "show", "--config", "claviger.yaml"]).end();
    assert!(ended.code == 0 && ended.stdout.contains("password: \"[redacted]\""), "{}", ended.stdout);
    assert!(!ended.stdout.contains("secret-word") && !ended.stdout.contains("secret-token"), "{}", ended.stdout);
}

fn try_out(folder: &TempDir, delivery: &str, arguments: &[&str]) -> Ended {
    std::fs::write(folder.path().join("claviger.yaml"), format!("{BASE}{CONSOLE}delivery: {delivery}\n")).unwrap();
    let all = [&["delivery", "test", "--config", "claviger.yaml"], arguments].concat();
    let ended = Run::within(folder.path(), &all).end();
    for secret in [PASSWORD, TOKEN, "wrong word"] {
        assert!(!ended.stderr.contains(secret) && !ended.stdout.contains(secret), "{}", ended.stderr);
    }
    ended
}

#[test]
fn a_test_mail_arrives_or_a_sentence_says_why_not() {
    let (folder, mut server) = (TempDir::new().unwrap(), SmtpServer::start());
    let ca = server.folder.path().join("ca.pem");
    let settings = |password: &str, ca: &str, port: u16| {
        format!(
            "{{mail: {{server: 'smtp://localhost:{port}', username: keys, password: '{password}', from: a@example.org, \
             ca: '{ca}'}}}}"
        )
    };
    let port = server.port;
    let right = settings(PASSWORD, ca.to_str().unwrap(), port);
    let ended = try_out(&folder, &right, &["--mail", "ok@dev.example"]);
    assert_eq!((ended.code, ended.stdout.starts_with("accepted: <")), (0, true), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(server.mails()[0].subject(), "Claviger: a test");
    let wrong = settings("wrong word", ca.to_str().unwrap(), port);
    let stranger = server.folder.path().join("stranger.pem");
    crate::support::Authority::new().write(&stranger);
    for (settings, recipient, says) in [
        (&right, "no@dev.example", "refuses the message: "),
        (&right, "busy@dev.example", "refuses for now: "),
        (&right, "nobody", "check sender and recipient"),
        (&wrong, "ok@dev.example", "refuses the login: "),
        (&settings(PASSWORD, stranger.to_str().unwrap(), port), "ok@dev.example", "cannot be talked to in private: "),
    ] {
        let ended = try_out(&folder, settings, &["--mail", recipient]);
        assert!(
            ended.code == 1 && ended.stderr.contains("the mail server") && ended.stderr.contains(says),
            "{}",
            ended.stderr
        );
    }
    server.stop();
    let ended = try_out(&folder, &right, &["--mail", "ok@dev.example"]);
    assert!(ended.code == 1 && ended.stderr.contains("cannot be reached"), "{}", ended.stderr);
    let ended = try_out(&folder, &right, &["--sms", "+447700900123"]);
    assert!(ended.code == 1 && ended.stderr.contains("delivery.sms is not set"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_arrives_or_a_sentence_says_why_not() {
    let (folder, twilio) = (TempDir::new().unwrap(), Twilio::start().await);
    let settings = format!(
        "{{sms: {{api: 'http://{}', account: {ACCOUNT}, token: '{TOKEN}', from: '+15005550006', countries: ['+44']}}}}",
        twilio.address
    );
    let run = |number: &'static str| tokio::task::block_in_place(|| try_out(&folder, &settings, &["--sms", number]));
    let ended = run("+447700900123");
    assert!(ended.code == 0 && ended.stdout.starts_with("accepted: SM"), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(twilio.sent()[0]["Body"], "Claviger: this is a test message. Text messages arrive.");
    twilio.refuse_next(401, 20003, "Authenticate");
    assert!(run("+447700900123").stderr.contains("the provider of text messages refuses the login: 401 20003"));
    twilio.refuse_next(400, 21211, "bad");
    assert!(run("+447700900123").stderr.contains("says that there is no such number"));
    assert!(run("+15005550001").stderr.contains("outside of delivery.sms.countries"));
}
