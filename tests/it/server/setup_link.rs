//! The set-up link that is printed at the start while no staff member has a password.

use claviger::config::DatabaseUrl;
use serde_json::json;

use crate::store::test_database::TestDatabase;
use crate::support::{Connection, Gate, Reply, Request, eventually};

const OFFER: &str = "No staff member has a password yet.";

/// The line after the offer.
fn printed(gate: &Gate) -> String {
    eventually("a link is printed", || {
        gate.stderr().split_once(OFFER).is_some_and(|(_, rest)| rest.lines().count() > 1)
    });
    let text = gate.stderr();
    let (_, rest) = text.split_once(OFFER).unwrap();
    rest.lines().nth(1).unwrap().to_owned()
}

fn set_up(gate: &Gate, ticket: &str) -> Reply {
    let body = json!({"ticket": ticket, "email": "ada@example.org", "password": "tiny horse battery staple"});
    let request = Request::new("POST", "/api/v1/setup").header("Content-Type", "application/json");
    let request = request.header("Sec-Fetch-Site", "same-origin").header("Connection", "close");
    Connection::open(gate.console).send(&request.body(body.to_string()))
}

#[test]
fn an_empty_database_gets_a_link_that_works_once() {
    let first = Gate::before("http://127.0.0.1:9").database("sqlite:claviger.db").start();
    let database = format!("sqlite:{}", first.folder().join("claviger.db").display());
    let other =
        Gate::management_only(&database).console("127.0.0.1:0, public_url: 'https://keys.example.org/'").start();
    let (link, other_link) = (printed(&first), printed(&other));
    let ticket = link.strip_prefix(&format!("http://{}/setup/", first.console)).unwrap();
    let other_ticket = other_link.strip_prefix("https://keys.example.org/setup/").unwrap();

    let done = set_up(&first, ticket);
    assert_eq!(done.status, 204, "{}", done.text());
    // That invalidates the other link.
    assert_eq!(set_up(&first, other_ticket).status, 410);
    for gate in [&first, &other] {
        assert_eq!(gate.stderr().matches(OFFER).count(), 1, "{}", gate.stderr());
        for secret in [ticket, other_ticket] {
            assert!(!gate.stdout().contains(secret));
            let events = gate.stderr().lines().filter(|line| line.starts_with('{')).collect::<String>();
            assert!(!events.contains(secret), "{events}");
        }
    }

    // A process that starts afterwards prints none.
    let third = Gate::management_only(&database).start();
    eventually("the staff is found", || third.stderr().contains("no set-up link: a staff member has a password"));
    assert!(!third.stderr().contains(OFFER), "{}", third.stderr());
}

#[test]
fn a_process_without_a_console_prints_no_link() {
    let mut gate =
        Gate::before("http://127.0.0.1:9").database("sqlite:claviger.db").settings("console: {enabled: false}").start();
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
    // Nothing is left to print once the process has ended.
    gate.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(gate.wait().code(), Some(0));
    assert!(!gate.stderr().contains(OFFER), "{}", gate.stderr());
}

#[tokio::test]
async fn the_printed_link_is_audited_without_its_secret() {
    let bed = TestDatabase::sqlite().await;
    let gate = Gate::management_only(&bed.address()).start();
    let ticket = printed(&gate);
    let count = "SELECT COUNT(*) FROM audit WHERE verb = 'first_setup_link' AND actor_kind = 'system'";
    assert_eq!(bed.ask(count).await, 1);
    let DatabaseUrl::Sqlite(file) = &bed.url else { panic!("not SQLite") };
    for part in std::fs::read_dir(file.parent().unwrap()).unwrap() {
        let bytes = std::fs::read(part.unwrap().path()).unwrap();
        assert!(!bytes.windows(ticket.len()).any(|window| window == ticket.as_bytes()));
    }
}
