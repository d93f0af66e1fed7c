//! Settings of webhooks that cannot work, each with its line and the way out.

use tempfile::TempDir;

use crate::support::{Ended, Run};

const BASE: &str = "proxy: {upstream: 'http://127.0.0.1:9'}\ncredentials: {database: 'sqlite:claviger.db'}\n";
const CONSOLE: &str = "console: {public_url: 'https://keys.example.org'}\n";

fn run(arguments: &[&str], settings: &str) -> Ended {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    Run::within(folder.path(), &[arguments, &["--config", "claviger.yaml"]].concat()).end()
}

fn validate(settings: &str) -> Ended {
    run(&["config", "validate"], settings)
}

#[test]
fn settings_of_webhooks_that_work_are_accepted() {
    let longest = "a".repeat(40);
    for webhooks in [
        "{}",
        "{entities: {}}",
        "{entities: {contact: [created, updated, deleted], order_line2: [credential]}}",
        &format!("{{entities: {{{longest}: [{longest}]}}}}"),
        "{keep: 1d}",
        "{keep: 90d}",
        "{allow_http: true, ports: [80, 443, 65535]}",
        "{allow: []}",
        "{allow: [10.1.0.0/16, 192.0.2.7, 'fd00::/8', '::ffff:10.0.0.0/104']}",
        // This machine, a local NAT64, and more than the forms of IPv4 addresses.
        "{allow: ['::1', '::/127', '64:ff9b:1::/48', '::/0']}",
        "{proxy: 'http://smokescreen.internal:4750', allow: []}",
        // What is not there is part of an example, too.
        "{entities: {job: [created]}, examples: {job: {}}}",
        "{entities: {job: [created]}, examples: {job: {id: 1, tags: [], note: null, deep: [{x: null, y: [], z: {}}]}}}",
    ] {
        let ended = validate(&format!("{BASE}{CONSOLE}webhooks: {webhooks}\n"));
        assert_eq!(ended.code, 0, "{webhooks}: {}", ended.stderr);
    }
}

#[test]
fn each_fault_of_webhooks_names_its_line_and_the_way_out() {
    let large = format!("{{entities: {{job: [created]}}, examples: {{job: {{text: '{}'}}}}}}", "x".repeat(33_000));
    let longer = format!("{{entities: {{{}: [created]}}}}", "a".repeat(41));
    for (webhooks, key, problem) in [
        ("", "webhooks", "is empty"),
        ("[]", "webhooks", ""),
        ("{entitys: {}}", "webhooks.entitys", "entities"),
        ("{entities: }", "webhooks.entities", "is empty"),
        ("{entities: []}", "webhooks.entities", "is empty"),
        ("{entities: {contact: []}}", "webhooks.entities.contact", "is empty"),
        ("{entities: {contact: }}", "webhooks.entities.contact", "is empty"),
        ("{entities: {contact: created}}", "webhooks.entities.contact", ""),
        ("{entities: {contact: [Created]}}", "webhooks.entities.contact[0]", "must be 1 to 40 of a-z"),
        ("{entities: {contact: [created, '*']}}", "webhooks.entities.contact[1]", "must be 1 to 40 of a-z"),
        ("{entities: {contact: [created, created]}}", "webhooks.entities.contact.1", "is listed twice"),
        ("{entities: {Contact: [created]}}", "webhooks.entities", "must be 1 to 40 of a-z"),
        ("{entities: {'2nd': [created]}}", "webhooks.entities", "must be 1 to 40 of a-z"),
        ("{entities: {'*': [created]}}", "webhooks.entities", "must be 1 to 40 of a-z"),
        (&longer, "webhooks.entities", "must be 1 to 40 of a-z"),
        ("{entities: {credential: [created]}}", "webhooks.entities", "Claviger's own events"),
        ("{entities: {access_request: [created]}}", "webhooks.entities", "Claviger's own events"),
        ("{entities: {account: [created]}}", "webhooks.entities", "Claviger's own events"),
        ("{entities: {webhook: [created]}}", "webhooks.entities", "Claviger's own events"),
        ("{keep: 0d}", "webhooks.keep", "must be whole days, 1d to 90d"),
        ("{keep: 91d}", "webhooks.keep", "must be whole days, 1d to 90d"),
        ("{keep: 720h}", "webhooks.keep", "must be whole days, 1d to 90d"),
        ("{keep: }", "webhooks.keep", "is empty"),
        ("{allow_http: }", "webhooks.allow_http", "is empty"),
        ("{allow_http: maybe}", "webhooks.allow_http", ""),
        ("{ports: []}", "webhooks.ports", "is empty"),
        ("{ports: }", "webhooks.ports", "is empty"),
        ("{ports: [0]}", "webhooks.ports[0]", ""),
        ("{ports: [443, 65536]}", "webhooks.ports[1]", ""),
        ("{ports: ['443']}", "webhooks.ports[0]", ""),
        ("{allow: }", "webhooks.allow", "is empty"),
        ("{allow: [10.1.0.1/16]}", "webhooks.allow[0]", "has bits set after its prefix"),
        ("{allow: [intranet.example]}", "webhooks.allow[0]", "must be an address or a range"),
        ("{allow: ['']}", "webhooks.allow[0]", "must be an address or a range"),
        // Addresses in there are judged by the IPv4 address that they hold.
        ("{allow: ['64:ff9b::/96']}", "webhooks.allow.0", "write the IPv4 range instead"),
        ("{allow: [10.0.0.0/8, '64:ff9b::a00:0/104']}", "webhooks.allow.1", "write the IPv4 range instead"),
        ("{allow: ['64:ff9b::/64']}", "webhooks.allow.0", "write the IPv4 range instead"),
        ("{allow: ['::10.0.0.0/104']}", "webhooks.allow.0", "write the IPv4 range instead"),
        ("{allow: ['::/96']}", "webhooks.allow.0", "write the IPv4 range instead"),
        ("{proxy: 'https://proxy:4750'}", "webhooks.proxy", "must be http://HOST:PORT"),
        ("{proxy: 'http://me:secret-word@proxy'}", "webhooks.proxy", "without user, password and path"),
        ("{proxy: }", "webhooks.proxy", "is empty"),
        ("{proxy: 'http://proxy', allow: [10.0.0.0/8]}", "webhooks.allow", "leave one of them out"),
        ("{ca: gone.pem}", "webhooks.ca", "cannot be read"),
        ("{ca: claviger.yaml}", "webhooks.ca", "holds no certificate"),
        ("{examples: {job: {id: 1}}}", "webhooks.examples.job", "list the entity in webhooks.entities"),
        ("{entities: {job: [created]}, examples: {job: [1]}}", "webhooks.examples.job", ""),
        ("{entities: {job: [created]}, examples: {job: []}}", "webhooks.examples.job", "is empty"),
        ("{entities: {job: [created]}, examples: {job: }}", "webhooks.examples.job", "is empty"),
        (&large, "webhooks.examples.job", "is more than 32768 bytes as JSON"),
    ] {
        let ended = validate(&format!("{BASE}{CONSOLE}webhooks: {webhooks}\n"));
        let line = ended.stderr.lines().find(|line| line.contains(&format!("  {key}  ")) && line.contains(problem));
        assert!(ended.code == 1 && line.is_some(), "{webhooks}: {}", ended.stderr);
        assert!(line.unwrap().starts_with("claviger.yaml:4:"), "{webhooks}: {}", ended.stderr);
        assert!(!ended.stderr.contains("secret-word"), "{}", ended.stderr);
    }
}

#[test]
fn webhooks_need_the_address_of_the_console_and_a_database() {
    let ended = validate(&format!("{BASE}webhooks: {{}}\n"));
    assert!(ended.code == 1 && ended.stderr.contains("  webhooks  needs console.public_url"), "{}", ended.stderr);
    let file = "proxy: {upstream: 'http://127.0.0.1:9'}\ncredentials: {file: c.yaml}\n";
    let ended = validate(&format!("{file}{CONSOLE}webhooks: {{}}\n"));
    let fault = "  webhooks  has no effect without a database";
    assert!(ended.code == 1 && ended.stderr.contains(fault), "{}", ended.stderr);
}

#[test]
fn settings_in_effect_have_what_was_left_out() {
    let webhooks = "{entities: {job: [created]}, examples: {job: {tags: [], note: null}}}";
    let ended = run(&["config", "show"], &format!("{BASE}{CONSOLE}webhooks: {webhooks}\n"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for line in ["webhooks:", "keep: \"30d\"", "allow_http: false", "tags: []", "note: null"] {
        assert!(ended.stdout.contains(line), "{line}: {}", ended.stdout);
    }
}
