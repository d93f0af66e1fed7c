//! Webhooks of a process: the key that they need, and what their rules take from other settings.

use claviger::config::ConfigSource;
use claviger::control::LiveSettings;
use claviger::delivery::webhooks::{Destination, DestinationFault};
use tempfile::TempDir;

use crate::store::test_database::TestDatabase;
use crate::support::{Gate, eventually};

const CONSOLE: &str = "console: {public_url: 'https://keys.example.org'}";

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_without_delivery_make_the_installation_key_at_the_start() {
    let bed = TestDatabase::sqlite().await;
    let process = Gate::management_only(&bed.address()).log("").settings(&format!("{CONSOLE}\nwebhooks: {{}}")).start();
    let key = process.folder().join("installation.key");
    eventually("the key", || std::fs::metadata(&key).is_ok_and(|file| file.len() == 32));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_switches_webhooks_on_opens_the_key_or_is_refused() {
    let bed = TestDatabase::sqlite().await;
    let process = Gate::management_only(&bed.address()).log("").settings(CONSOLE).start();
    let (file, key) = (process.settings_file(), process.folder().join("installation.key"));
    let before = std::fs::read_to_string(&file).unwrap();
    let reload = |webhooks: &str| {
        process.rename_over(&file, &format!("{before}\nwebhooks: {webhooks}\n"));
        let answer = process.admin("POST", "/-/reload");
        (answer.status, answer.text())
    };
    assert!(!key.exists());
    std::fs::write(&key, "junk").unwrap();
    let (status, text) = reload("{}");
    assert!(status == 422 && text.contains("installation_key_file"), "{status} {text}");
    std::fs::remove_file(&key).unwrap();
    let (status, text) = reload("{ca: gone.pem}");
    assert!(status == 422 && text.contains("webhooks.ca") && !key.exists(), "{status} {text}");
    let (status, text) = reload("{keep: 2d}");
    assert!(status == 200 && std::fs::metadata(&key).unwrap().len() == 32, "{status} {text}");
    assert!(!process.stderr().contains("takes effect after a restart"), "{}", process.stderr());
}

#[test]
fn no_webhook_leads_to_the_installation_itself() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("claviger.yaml");
    let live = |webhooks: &str| {
        let delivery = "mail: {server: 'smtps://x', from: a@b.example}, sms: {account: AC1, token: x, from: Example}, \
                        reveal: {public_url: 'https://reveal.example.org'}";
        let console = "public_url: 'https://keys.example.org/console', api_url: 'https://api.example.org/v1'";
        let settings = format!(
            "credentials: {{database: 'sqlite:claviger.db'}}\nconsole: {{{console}}}\ndelivery: {{{delivery}}}\n{webhooks}"
        );
        std::fs::write(&file, settings).unwrap();
        let source = ConfigSource { file: Some(file.clone()), overrides: Vec::new() };
        LiveSettings::of(&source.load().unwrap())
    };
    assert!(live("").webhooks.is_none());
    let webhooks = live("webhooks: {entities: {job: [created]}}\n").webhooks.unwrap();
    for own in ["keys.example.org", "reveal.example.org", "api.example.org"] {
        let fault = Destination::parse(&format!("https://{own}:8443/x"), &webhooks.destinations);
        assert_eq!(fault, Err(DestinationFault::OwnHost(own.into())));
    }
    assert!(Destination::parse("https://hooks.example.org/x", &webhooks.destinations).is_ok());
    assert!(webhooks.settings.has_event("job", "created"));
    for (entity, operation) in [("job", "deleted"), ("jobs", "created"), ("credential", "created"), ("job", "*")] {
        assert!(!webhooks.settings.has_event(entity, operation), "{entity}.{operation}");
    }
}
