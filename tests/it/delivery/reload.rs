//! Delivery that a reload switches on.

use serde_json::json;

use super::bed::{MOBILE, PASSWORD};
use super::smtp_server::SmtpServer;
use super::twilio::{ACCOUNT, TOKEN, Twilio};
use crate::server::{call, staff_token};
use crate::store::test_database::TestDatabase;
use crate::support::{Gate, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_adds_the_second_channel_opens_the_key_or_is_refused() {
    let (bed, server, twilio) = (TestDatabase::sqlite().await, SmtpServer::start(), Twilio::start().await);
    bed.account("acme").await;
    let staff = staff_token(&bed.store).await;
    let mail = format!(
        "mail: {{server: 'smtp://localhost:{}', username: keys, password: '{PASSWORD}', from: keys@example.org, ca: '{}'}}",
        server.port,
        server.folder.path().join("ca.pem").display()
    );
    let settings = format!("console: {{public_url: 'https://keys.example.org'}}\ndelivery: {{{mail}}}");
    let process = Gate::management_only(&bed.address()).log("").settings(&settings).start();
    let sms = format!(
        "sms: {{api: 'http://{}', account: {ACCOUNT}, token: '{TOKEN}', from: '+15005550006'}}",
        twilio.address
    );
    let before = std::fs::read_to_string(process.settings_file()).unwrap();
    let after = before.replace(&mail, &format!("{mail}, {sms}"));
    assert_ne!(before, after);
    let create = || {
        let body =
            json!({"account": "acme", "kind": "token", "contact_email": "ok@dev.example", "contact_mobile": MOBILE});
        let reply = call(&process, &staff, "POST", "/api/v1/credentials", Some(&body));
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.text()
    };

    let key = process.folder().join("installation.key");
    std::fs::write(&key, "junk").unwrap();
    process.rename_over(&process.settings_file(), &after);
    let refused = process.admin("POST", "/-/reload");
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("installation_key_file"), "{}", refused.text());
    assert!(!create().contains("\"delivery\":{"), "the secret is shown as before");

    std::fs::remove_file(&key).unwrap();
    let accepted = process.admin("POST", "/-/reload");
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    assert_eq!(std::fs::metadata(&key).unwrap().len(), 32);
    assert!(create().contains("\"delivery\":{"));
    eventually("link and code arrive", || server.mails().len() == 1 && twilio.sent().len() == 1);
    let log = process.stderr();
    assert!(!log.contains("takes effect after a restart"), "{log}");
}
