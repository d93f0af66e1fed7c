//! A console with people in it.

use claviger::store::Role;

use crate::control::people::{House, PASSWORD};
use crate::store::test_database::TestDatabase;
use crate::support::{Browser, Gate};

pub const PEOPLE: [(&str, Role); 4] = [
    ("staff@example.org", Role::Staff),
    ("owner@acme.example", Role::Owner),
    ("implementer@acme.example", Role::Implementer),
    ("member@acme.example", Role::Member),
];

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

    async fn start_with(of_console: &str, settings: &str) -> Self {
        let bed = TestDatabase::sqlite().await;
        bed.account("acme").await;
        let house = House::new();
        for (email, role) in PEOPLE {
            house.person(&bed, email, role).await;
        }
        let console = format!("127.0.0.1:0{of_console}");
        // Beside browsers, a small machine is slow.
        let settings = format!("database: {{query_timeout: 30s}}\n{settings}");
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
