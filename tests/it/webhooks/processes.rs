//! A fleet of real processes, one of which is killed while it sends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use claviger::credential::InstallationKey;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::installation::{RECEIVER, of_fleet};
use crate::delivery::webhooks::receiver::{Received, Receiver};
use crate::server::{call, staff_token};
use crate::store::test_database::TestDatabase;
use crate::support::{Gate, eventually};

const REQUESTS: usize = 10;
const EVENTS_PER_REQUEST: usize = 100;
/// Received when a process is killed.
const MIDWAY: usize = 300;
/// Path, entity and operation.
const WEBHOOKS: [(&str, &str, &str); 5] = [
    ("/one", "contact", "created"),
    ("/two", "contact", "deleted"),
    ("/three", "job", "*"),
    ("/four", "*", "created"),
    ("/five", "*", "deleted"),
];

#[expect(clippy::disallowed_methods, reason = "the same clock as the processes")]
fn millis() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// A process of the fleet.
struct Member {
    process: Gate,
    /// When it started, in milliseconds from 1970 on. The name in its claims begins with a time after that, and before
    /// the start of the next member.
    started: i64,
}

impl Member {
    fn start(database: &TestDatabase, staff: &str, proxy: u16, key: &InstallationKey) -> Self {
        let started = millis();
        let process = of_fleet(database, proxy, key);
        // Its worker has its name by then.
        eventually("the process answers", || call(&process, staff, "GET", "/api/v1/me", None).status == 200);
        std::thread::sleep(Duration::from_millis(2));
        Self { process, started }
    }
}

/// The condition of rows that this member of a fleet claims.
fn claims_of(fleet: &[Member], member: usize) -> String {
    let end = fleet.get(member + 1).map_or(i64::MAX >> 16, |next| next.started);
    format!("claimed_by >= '{:012x}' AND claimed_by < '{end:012x}'", fleet[member].started)
}

fn event(number: usize) -> Value {
    let (entity, operation) =
        [("contact", "created"), ("contact", "deleted"), ("job", "created"), ("job", "deleted")][number % 4];
    json!({"id": number.to_string(), "account": "acme", "entity": entity, "operation": operation,
        "occurred_at": "2026-11-21T12:00:00Z", "data": {"number": number}})
}

/// Path and number of the event, for every delivery that must arrive.
fn expected() -> BTreeSet<(String, u64)> {
    let matches = |pattern: &str, word: &Value| pattern == "*" || word == pattern;
    let events = (0..REQUESTS * EVENTS_PER_REQUEST).map(|number| (number, event(number)));
    events
        .flat_map(|(number, event)| {
            let to = WEBHOOKS.iter().filter(move |(_, entity, operation)| {
                matches(entity, &event["entity"]) && matches(operation, &event["operation"])
            });
            to.map(move |(path, ..)| ((*path).to_owned(), number as u64))
        })
        .collect()
}

async fn within_a_minute(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = tokio::time::Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Path and number of the event.
fn arrival(received: &Received) -> (String, u64) {
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    let url = received.head.split(' ').nth(1).unwrap();
    (url.strip_prefix(RECEIVER).unwrap().to_owned(), body["data"]["number"].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_processes_one_is_killed_and_every_event_arrives() {
    let (database, receiver) = (TestDatabase::postgres().await, Receiver::start("127.0.0.1:0", None).await);
    database.account("acme").await;
    let (staff, key) = (staff_token(&database.store).await, InstallationKey::mint().unwrap());
    let mut fleet: Vec<Member> = Vec::new();
    for _ in 0..3 {
        fleet.push(Member::start(&database, &staff, receiver.address.port(), &key));
    }
    let done = |token: &str, path: &str, body: &Value| {
        let reply = call(&fleet[0].process, token, "POST", path, Some(body));
        assert!(reply.status < 300, "{path}: {}", reply.text());
        reply.json()
    };
    let created = done(&staff, "/api/v1/credentials", &json!({"account": "acme", "kind": "token"}));
    let token = created["secret"]["token"].as_str().unwrap();
    for (path, entity, operation) in WEBHOOKS {
        let hook = json!({"url": format!("{RECEIVER}{path}"), "entity": entity, "operation": operation});
        done(token, "/api/v1/hooks", &hook);
    }
    let publisher = done(&staff, "/api/v1/publishers", &json!({"name": "shop"}));
    let publisher = publisher["token"].as_str().unwrap();

    for request in 0..REQUESTS {
        let events: Vec<Value> = (0..EVENTS_PER_REQUEST).map(|at| event(request * EVENTS_PER_REQUEST + at)).collect();
        let member = &fleet[request % fleet.len()].process;
        let reply = call(member, publisher, "POST", "/api/v1/events", Some(&json!(events)));
        assert_eq!(reply.status, 202, "{}\n{}", reply.text(), member.stderr());
    }
    within_a_minute("the first ones arrive", async || receiver.received().len() >= MIDWAY).await;
    receiver.hold(true);
    // Answers from before are recorded meanwhile, and what is claimed arrives.
    std::thread::sleep(Duration::from_secs(1));
    // At most four for each webhook, in all processes.
    let under_way = "SELECT COUNT(*) FROM deliveries WHERE claimed_until IS NOT NULL";
    within_a_minute("20 are under way", async || database.ask(under_way).await == 20).await;
    let mut claims = Vec::new();
    for member in 0..fleet.len() {
        claims.push(database.ask(&format!("{under_way} AND {}", claims_of(&fleet, member))).await);
    }
    assert_eq!(claims.iter().sum::<i64>(), 20, "each claim is of one of the three: {claims:?}");
    let most = claims.iter().enumerate().max_by_key(|(_, count)| **count).unwrap().0;
    let mine = claims_of(&fleet, most);
    let mut killed = fleet.remove(most);
    killed.process.signal(Signal::SIGKILL);
    assert_eq!(killed.process.wait().code(), None);
    receiver.hold(false);

    let expected = expected();
    let left = database.ask(&format!("{under_way} AND {mine}")).await;
    assert!(left > 0 && expected.len() - receiver.received().len() > 500, "midway: {left} claims are left");
    // Four claims for one webhook are all that it may have: it waits for the end of the lease.
    let waiting = "SELECT COUNT(*) FROM deliveries WHERE state = 'waiting'";
    let others = format!("{waiting} AND webhook NOT IN (SELECT webhook FROM deliveries WHERE {mine})");
    within_a_minute("other webhooks go on", async || database.ask(&others).await == 0).await;
    let claimed = format!("{waiting} AND claimed_until IS NOT NULL AND {mine}");
    assert_eq!(database.ask(&claimed).await, left, "the others leave its claims alone");
    database.execute(&format!("UPDATE deliveries SET claimed_until = 1 WHERE {mine}")).await;
    within_a_minute("its claims are taken over", async || database.ask(waiting).await == 0).await;

    let received = receiver.received();
    assert_eq!(received.iter().map(arrival).collect::<BTreeSet<_>>(), expected);
    let delivered = "SELECT COUNT(*) FROM deliveries WHERE state = 'delivered'";
    assert_eq!(database.ask(delivered).await, expected.len() as i64);
    let mut messages: BTreeMap<&str, Vec<&Received>> = BTreeMap::new();
    for one in &received {
        messages.entry(one.header("webhook-id").unwrap()).or_default().push(one);
    }
    assert_eq!(messages.len(), expected.len(), "one id for each delivery");
    for (id, again) in &messages {
        assert!(again.iter().all(|one| arrival(one) == arrival(again[0]) && one.body == again[0].body), "{id}");
    }
    let duplicates = (received.len() - messages.len()) as i64;
    assert!(duplicates > 0 && duplicates <= left, "{duplicates} of {left}");
    let attempts = database.ask("SELECT CAST(SUM(attempts) AS BIGINT) FROM deliveries").await;
    assert_eq!(attempts, expected.len() as i64 + left, "none but its claims is attempted again");
}
