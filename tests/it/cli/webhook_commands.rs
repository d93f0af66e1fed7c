//! Commands about webhooks on the database of the settings.

use std::fs::OpenOptions;
use std::io::Write as _;

use claviger::credential::InstallationKey;

use super::account_commands::Shell;

/// With webhooks, whose names a proxy resolves, and a credential `crm`.
fn shell() -> Shell {
    let shell = Shell::new();
    let mut settings = OpenOptions::new().append(true).open(shell.folder.path().join("claviger.yaml")).unwrap();
    let more = "\nconsole: {public_url: 'https://keys.example.org'}\nwebhooks: {proxy: 'http://127.0.0.1:9'}\n";
    settings.write_all(more.as_bytes()).unwrap();
    shell.token("crm");
    shell
}

const CREATE: [&str; 6] = ["webhook", "create", "--credential", "crm", "--url", "https://hooks.example.org/x"];

/// The service runs as another user than the one who runs commands.
#[test]
fn commands_make_no_installation_key_that_the_service_cannot_read() {
    let shell = shell();
    let key = shell.folder.path().join("installation.key");
    assert_eq!(shell.run(&["account", "list"]).code, 0);
    assert!(!key.exists());
    let ended = shell.run(&CREATE);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(!key.exists() && ended.stderr.contains("its secret cannot be derived"), "{}", ended.stderr);
    for part in ["installation.key is missing", "claviger serve makes it when it starts"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
}

#[test]
fn a_command_that_needs_the_installation_key_says_why_it_cannot_be_used() {
    let shell = shell();
    let key = shell.folder.path().join("installation.key");
    std::fs::write(&key, "change me").unwrap();
    assert_eq!(shell.run(&["webhook", "list"]).stderr, "");
    let ended = shell.run(&CREATE);
    assert!(ended.code == 1 && ended.stderr.contains("holds 9 bytes"), "{}", ended.stderr);
    std::fs::write(&key, InstallationKey::mint().unwrap().reveal()).unwrap();
    let made = shell.json(&CREATE);
    assert!(made["secret"].as_str().is_some_and(|secret| secret.starts_with("whsec_")), "{made}");
}
