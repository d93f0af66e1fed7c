//! Every command of README.md and of the book, run as the page shows it.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::walk::Walk;
use crate::cli::account_commands::steady;
use crate::support::book::{block, file, page, pages, section, steps};
use crate::support::{Gate, RecordingApi, Request, Run, Step, claviger, credentials};

/// The status line on the pages, and that of the [`RecordingApi`], which the gate passes on.
const OK: &str = "HTTP/1.1 200 OK";
const OK_OF_THE_API: &str = "HTTP/1.1 200 Whatever";

/// The pages with commands. Those of `operate/alerts.md` run in `telemetry::alerts`, those of `operate/backup.md`,
/// `operate/tune.md`, `operate/upgrade.md` and `guide/install.md` in `deploy::readme`, all others here.
const PAGES_WITH_COMMANDS: [&str; 15] = [
    "README.md",
    "docs/develop/testing.md",
    "docs/guide/authentication.md",
    "docs/guide/credentials.md",
    "docs/guide/first-request.md",
    "docs/guide/import-export.md",
    "docs/guide/install.md",
    "docs/guide/management-api.md",
    "docs/guide/reload.md",
    "docs/operate/admin-listener.md",
    "docs/operate/alerts.md",
    "docs/operate/backup.md",
    "docs/operate/refused.md",
    "docs/operate/tune.md",
    "docs/operate/upgrade.md",
];

#[test]
fn every_page_with_commands_has_a_test_that_runs_them() {
    let found: Vec<String> = pages().into_iter().filter(|path| !steps(&page(path)).is_empty()).collect();
    assert_eq!(found, PAGES_WITH_COMMANDS);
}

/// A step of `make`: its target is there, and what the recipe calls can be resolved.
fn is_a_target(step: &Step) {
    let mut command = Command::new("make");
    command.current_dir(file("")).args(["--dry-run"]).args(step.line.split(' ').skip(1));
    let ended = Run::of(command).end();
    assert_eq!(ended.code, 0, "{}\n{}", step.line, ended.stderr);
}

/// The output of the demo begins as the page shows it, on a port that the system picks.
fn demo_begins_with(step: &Step) {
    is_a_target(step);
    // Killed below, it leaves its files.
    let temporary = TempDir::new().unwrap();
    let mut command = claviger();
    command.args(["demo", "--port", "0"]).env("TMPDIR", temporary.path());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut port = String::from("8080");
    for there in step.printed.iter().filter(|line| *line != "…") {
        // The demo begins with an empty line.
        let here = lines.by_ref().find(|line| !line.is_empty() || there.is_empty()).unwrap();
        if let Some((_, rest)) = here.split_once("http://127.0.0.1:").filter(|_| port == "8080") {
            port = rest.split(' ').next().unwrap().to_owned();
        }
        assert_eq!(steady(&here), steady(&there.replace("8080", &port)));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A first request in front of an API, from a new token to an answer and a refusal.
fn first_request(text: &str) {
    let api = RecordingApi::start();
    let steps = steps(text);
    let (demo, rest) = steps.split_first().unwrap();
    assert_eq!(demo.line, "make demo");
    demo_begins_with(demo);
    let mut walk = Walk::within(TempDir::new().unwrap());
    walk.name("http://127.0.0.1:9000", api.url());
    walk.name(OK, OK_OF_THE_API);
    walk.run(rest);
    assert_eq!((rest.len(), api.last().header("X-Claviger-Credential")), (5, Some("first")));
}

#[test]
fn the_first_request_of_the_readme_is_let_through() {
    first_request(&section("README.md", "## First request"));
}

#[test]
fn the_first_request_of_the_guide_is_let_through() {
    first_request(&page("docs/guide/first-request.md"));
}

#[test]
fn the_readme_leads_to_a_credential_of_a_database_and_to_the_management_api() {
    let api = RecordingApi::start();
    let text = section("README.md", "## Management API");
    let folder = TempDir::new().unwrap();
    let settings = block(&text, "yaml").replace("http://127.0.0.1:9000", api.url());
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    let mut walk = Walk::within(folder);
    walk.name(OK, OK_OF_THE_API);
    walk.run(&steps(&text));
    assert_eq!(api.last().header("X-Claviger-Credential"), Some("acme-billing"));
}

/// The two tests above run all there is.
#[test]
fn the_readme_has_commands_in_two_sections() {
    let all = steps(&page("README.md")).len();
    let parts = ["## First request", "## Management API"].map(|heading| steps(&section("README.md", heading)).len());
    assert_eq!(all, parts.iter().sum::<usize>());
}

#[test]
fn the_management_api_does_what_its_page_shows() {
    let settings = "scopes: {pay: [{methods: [POST], path: /payments}]}";
    let gate = Gate::before("http://127.0.0.1:9").database("sqlite:claviger.db").settings(settings).start();
    let path = "docs/guide/management-api.md";
    assert!(block(&page(path), "yaml").contains(settings));
    let steps = steps(&page(path));
    assert!(steps.len() > 30, "{}", steps.len());
    let mut walk = Walk::within(gate.shared_folder());
    walk.name("127.0.0.1:8083", &gate.console.to_string());
    for step in &steps {
        if step.line.contains("@first.json") {
            let ticket = walk.here("PJZaMHqL9U3zsIWOepMNYSsaGcyjaoQZgz7BpUe5KYQ");
            let first =
                serde_json::json!({"ticket": ticket, "email": "ann@example.org", "password": "correct horse 4711"});
            std::fs::write(gate.folder().join("first.json"), first.to_string()).unwrap();
        }
        let printed = walk.step(step, 0);
        assert!(!printed.contains("\"request_id\":\""), "{}\n{printed}", step.line);
    }
}

#[test]
fn credentials_have_the_digest_that_their_page_shows() {
    Walk::within(TempDir::new().unwrap()).run(&steps(&page("docs/guide/credentials.md")));
}

#[test]
fn a_file_is_imported_and_exported_as_its_page_shows() {
    let text = page("docs/guide/import-export.md");
    let folder = crate::cli::database::folder_on("sqlite:claviger.db");
    std::fs::write(folder.path().join("credentials.yaml"), block(&text, "yaml")).unwrap();
    let mut walk = Walk::within(folder);
    walk.run(&steps(&text));
    let exported = std::fs::read_to_string(walk.folder().join("credentials.csv")).unwrap();
    assert!(exported.contains("acme-billing") && exported.contains("acme-nightly"), "{exported}");
}

#[test]
fn wrong_guesses_are_listed_and_cleared_as_their_page_shows() {
    let proxy = "  trusted_proxies: [127.0.0.1]";
    let settings = "throttle: {free_per_pair: 9, first_delay: 5m}";
    let gate = Gate::before("http://127.0.0.1:9").proxy(proxy).settings(settings).start();
    for _ in 0..9 {
        let guess = Request::get("/x").basic("acme", "wrong").header("X-Forwarded-For", "192.0.2.7");
        assert_eq!(gate.send(&guess).code(), "credential_invalid");
    }
    let mut walk = Walk::within(gate.shared_folder());
    walk.variable("CLAVIGER_ADMIN", &format!("http://{}", gate.admin));
    walk.run(&steps(&page("docs/guide/authentication.md")));
}

/// A folder with the example files.
fn examples() -> TempDir {
    let folder = TempDir::new().unwrap();
    symlink(file("config"), folder.path().join("config")).unwrap();
    folder
}

#[test]
fn files_are_checked_and_read_again_as_their_page_shows() {
    let gate = Gate::before("http://127.0.0.1:9").start();
    std::fs::write(gate.folder().join("credentials.yaml.new"), credentials()).unwrap();
    let steps = steps(&page("docs/guide/reload.md"));
    let [reload, check, faults] = &steps[..] else { panic!("{}", steps.len()) };
    let mut walk = Walk::within(gate.shared_folder());
    walk.name("127.0.0.1:8081", &gate.admin.to_string());
    let answer = walk.step(reload, 0);
    assert!(answer.starts_with("{\"in_force\":true,\"difference\":"), "{answer}");
    walk.step(check, 0);
    assert!(!gate.folder().join("credentials.yaml.new").exists());

    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("config")).unwrap();
    std::fs::copy(file("config/claviger.yaml"), folder.path().join("config/claviger.yaml")).unwrap();
    let good = std::fs::read_to_string(file("config/credentials.yaml")).unwrap();
    let (first, rest) = good.split_once("    token: sha256:").unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    let (second, rest) = rest.split_once("    version: \"2\"\n").unwrap();
    let faulty = format!("{first}    token: hunter2-hunter2\n{second}    hunter2-hunter2: \"2\"\n{rest}");
    std::fs::write(folder.path().join("config/credentials.yaml"), faulty).unwrap();
    Walk::within(folder).step(faults, 1);
}

#[test]
fn a_refusal_is_explained_as_its_page_shows() {
    let steps = steps(&page("docs/operate/refused.md"));
    let [explain] = &steps[..] else { panic!("{}", steps.len()) };
    Walk::within(examples()).step(explain, 1);
}

#[test]
fn the_admin_listener_answers_as_its_page_shows() {
    let gate = Gate::before("http://127.0.0.1:9").start();
    gate.rename_over(&gate.credentials_file(), "credentials: [{}]");
    assert_eq!(gate.admin("POST", "/-/reload").status, 422);
    let mut walk = Walk::within(gate.shared_folder());
    walk.name("127.0.0.1:8081", &gate.admin.to_string());
    walk.run(&steps(&page("docs/operate/admin-listener.md")));
}

#[test]
fn the_targets_that_developers_use_are_there() {
    let steps = steps(&page("docs/develop/testing.md"));
    assert!(steps.len() > 1, "{}", steps.len());
    for step in &steps {
        assert!(step.line.starts_with("make"), "{}", step.line);
        is_a_target(step);
    }
}
