//! A console with people in it.

use std::path::Path;

use claviger::store::{AccountRecord, Role};
use tempfile::TempDir;

use crate::control::people::{House, PASSWORD};
use crate::store::test_database::TestDatabase;
use crate::support::{Browser, Gate, claviger};

pub const PEOPLE: [(&str, Role); 4] = [
    ("staff@example.org", Role::Staff),
    ("owner@acme.example", Role::Owner),
    ("implementer@acme.example", Role::Implementer),
    ("member@acme.example", Role::Member),
];

/// Where links that are sent begin, in place of the console's address, which is not known beforehand.
pub const SENT_URL: &str = "https://keys.example.org";

/// Beside browsers, a small machine is slow.
const QUERY_TIMEOUT: &str = "30s";

/// The account `acme` with one person of each role, and staff.
pub struct TestConsole {
    pub bed: TestDatabase,
    pub gate: Gate,
}

impl TestConsole {
    pub async fn start() -> Self {
        Self::with("").await
    }

    /// `settings` stand in the section `console`, after a comma.
    pub async fn with(settings: &str) -> Self {
        Self::start_with(settings, "").await
    }

    /// `settings` stand at the root of the file.
    pub async fn configured(settings: &str) -> Self {
        Self::start_with("", settings).await
    }

    /// With settings and texts of a folder of `config/examples`, in front of this upstream. The account is as `change`
    /// leaves it.
    pub async fn of_example(folder: &str, upstream: &str, change: impl FnOnce(&mut AccountRecord)) -> Self {
        Self::of_example_with(folder, upstream, "", change).await
    }

    /// The same with further settings. Links that are sent begin with [`SENT_URL`].
    pub async fn of_example_with(
        folder: &str,
        upstream: &str,
        settings: &str,
        change: impl FnOnce(&mut AccountRecord),
    ) -> Self {
        Self::of_example_in(folder, upstream, (settings, &[]), change).await
    }

    /// The same with further settings in the environment, too.
    pub async fn of_example_in(
        folder: &str,
        upstream: &str,
        (further, environment): (&str, &[(&str, &str)]),
        change: impl FnOnce(&mut AccountRecord),
    ) -> Self {
        let bed = database_with_people().await;
        let mut account = bed.store.account("acme").await.unwrap().unwrap();
        change(&mut account);
        bed.put_account(&account).await;
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples").join(folder);
        let settings = std::fs::read_to_string(example.join("claviger.yaml")).unwrap();
        // The port of the console is not known beforehand.
        let lines = settings.lines().filter(|line| !line.contains("public_url:"));
        let own = TempDir::new().unwrap();
        let file = own.path().join("claviger.yaml");
        std::fs::write(&file, lines.chain(further.lines()).collect::<Vec<_>>().join("\n")).unwrap();
        let (texts, database) = (example.join("texts"), bed.address());
        let mut command = claviger();
        command.args(["serve", "--config"]).arg(file).env("CLAVIGER__CONSOLE__TEXTS", texts).envs([
            ("CLAVIGER__PROXY__LISTEN", "127.0.0.1:0"),
            ("CLAVIGER__PROXY__UPSTREAM", upstream),
            ("CLAVIGER__ADMIN__LISTEN", "127.0.0.1:0"),
            ("CLAVIGER__CONSOLE__LISTEN", "127.0.0.1:0"),
            ("CLAVIGER__CREDENTIALS__DATABASE", &database),
            ("CLAVIGER__DATABASE__QUERY_TIMEOUT", QUERY_TIMEOUT),
            ("CLAVIGER__LOG__FORMAT", "json"),
        ]);
        if !further.is_empty() || settings.contains("\nwebhooks:") {
            command.env("CLAVIGER__CONSOLE__PUBLIC_URL", SENT_URL);
        }
        command.envs(environment.iter().copied());
        Self { bed, gate: Gate::launch(&mut command, own) }
    }

    /// With webhooks that are sent through this proxy, also without TLS.
    pub async fn with_webhooks(proxy: &str) -> Self {
        let of_console = format!(", public_url: '{SENT_URL}'");
        let entities = "{contact: [created, updated, deleted], job: [created]}";
        let settings = format!("webhooks: {{entities: {entities}, allow_http: true, proxy: '{proxy}'}}");
        Self::start_with(&of_console, &settings).await
    }

    async fn start_with(of_console: &str, settings: &str) -> Self {
        let bed = database_with_people().await;
        let console = format!("127.0.0.1:0{of_console}");
        let settings = format!("database: {{query_timeout: {QUERY_TIMEOUT}}}\n{settings}");
        let gate =
            Gate::before("http://127.0.0.1:9").database(&bed.address()).console(&console).settings(&settings).start();
        Self { bed, gate }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.gate.console)
    }

    pub async fn sign_in(&self, browser: &Browser, email: &str) {
        browser.open(&self.url("/sign-in")).await;
        browser.fill("email", email).await;
        browser.fill("password", PASSWORD).await;
        browser.press("Sign in").await;
        browser.arrives_at("/").await;
    }
}

async fn database_with_people() -> TestDatabase {
    let bed = TestDatabase::sqlite().await;
    bed.account("acme").await;
    let house = House::new();
    for (email, role) in PEOPLE {
        house.person(&bed, email, role).await;
    }
    bed
}
