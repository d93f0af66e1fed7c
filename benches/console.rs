//! The console of an account with 100,000 credentials: `cargo bench --bench console`, or one of its parts: `-- pages`, the
//! time of each page, on SQLite and on PostgreSQL; `-- clicks`, what 50 people who click cost the callers of the gate.
//! `-- pages 5000` fills in fewer. Needs the programs of a PostgreSQL server, as the tests do.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed; its figures are for people"
)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use measure::{compare, median};
use support::{Api, Client, Gate};
use test_support::postgres::Cluster;

#[path = "hostile/measure.rs"]
#[expect(dead_code, reason = "shared with another bench, which uses more of it")]
mod measure;
#[expect(dead_code, reason = "shared with other benches, which use more of it")]
mod support;
#[expect(dead_code, unused_imports, reason = "shared with the tests, which use more of it")]
#[path = "../tests/it/support/mod.rs"]
mod test_support;

const MANY: usize = 100_000;
const ROUNDS: usize = 30;
/// Bound for a page, from its request to its last byte.
const BAR: Duration = Duration::from_millis(100);
const PEOPLE: usize = 50;
/// Between two clicks of a person.
const CLICK_INTERVAL: Duration = Duration::from_secs(1);
const PASSWORD: &str = "correct horse battery";
/// A credential in the middle.
const ONE: &str = "acme-0000050";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let many = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(MANY);
    let is_wanted =
        |part: &str| !arguments.iter().any(|other| ["pages", "clicks"].contains(&other.as_str()) && other != part);
    if is_wanted("pages") {
        pages(many);
    }
    if is_wanted("clicks") {
        clicks(many);
    }
}

/// Addresses of pages, as staff see them.
fn addresses() -> Vec<String> {
    let lists = [
        "/",
        "/requests",
        "/accounts",
        "/accounts/acme",
        "/credentials",
        "/credentials?part=number+77+",
        "/credentials?part=nothing",
        "/credentials?state=disabled",
        "/credentials?state=expired",
        "/credentials?created=within_7_days",
        "/credentials/new",
        "/api-management",
        "/users",
        "/users/new",
        "/operator-tokens",
        "/audit",
        "/credential-files/export",
        "/status",
        "/profile",
        "/api-docs",
        "/api-docs/credentials",
    ];
    let one = ["", "/edit", "/reset", "/duplicate", "/disable", "/clear", "/delete"];
    let one = one.into_iter().map(|action| format!("/credentials/{ONE}{action}"));
    lists.into_iter().map(str::to_owned).chain(one).collect()
}

fn pages(many: usize) {
    let cluster = Cluster::start_in(tempfile::tempdir().unwrap());
    let database = cluster.fresh_database();
    let mut slowest = Duration::ZERO;
    for (name, url) in [("SQLite", "sqlite:claviger.db"), ("PostgreSQL", database.url())] {
        let api = Api::start();
        let gate = filled(&api, url, many);
        let person = Person::sign_in(&gate);
        println!("\n# {name}: pages of an account with {many} credentials\n");
        println!("{:<40} {:>6} {:>11} {:>11}", "page", "status", "p50", "slowest");
        for address in addresses() {
            let mut times = Vec::new();
            let mut status = 0;
            for _ in 0..ROUNDS {
                let start = Instant::now();
                status = person.click(&mut Client::open(person.console), &address);
                times.push(start.elapsed());
            }
            let most = times.iter().max().copied().unwrap_or_default();
            if status == 200 {
                slowest = slowest.max(most);
            }
            let middle = median(times.iter().map(Duration::as_secs_f64).collect());
            println!("{address:<40} {status:>6} {:>11.2?} {most:>11.2?}", Duration::from_secs_f64(middle));
        }
    }
    println!("\nslowest page: {slowest:.2?}, {} {BAR:?}", if slowest < BAR { "under" } else { "OVER" });
}

fn clicks(many: usize) {
    let api = Api::start();
    let gate = filled(&api, "sqlite:claviger.db", many);
    let person = Person::sign_in(&gate);
    println!("\n# {PEOPLE} people who click once a second, on SQLite with {many} credentials\n");
    compare("nothing", gate.address, || ());
    let clicked = Arc::new(AtomicU64::new(0));
    compare(&format!("{PEOPLE} people"), gate.address, || Crowd::start(&person, &clicked));
    println!("  {} clicks were answered", clicked.load(Ordering::Relaxed));
}

fn filled(api: &Api, url: &str, many: usize) -> Gate {
    let gate = Gate::start_with_database_at(api, url, "");
    let ids: Vec<[String; 2]> =
        (0..many).map(|number| [format!("acme-{number:07}"), format!("token-{number}")]).collect();
    let rows: Vec<(&str, &str)> = ids.iter().map(|[id, token]| (id.as_str(), token.as_str())).collect();
    gate.import(&rows);
    gate
}

/// A member of the staff with a session.
#[derive(Clone)]
struct Person {
    console: SocketAddr,
    cookie: String,
}

impl Person {
    fn sign_in(gate: &Gate) -> Self {
        let console = gate.console.expect("the console is off");
        let link: serde_json::Value = serde_json::from_str(&gate.command(&["admin", "setup-link"])).unwrap();
        let ticket = link["ticket"].as_str().unwrap();
        let first = format!(r#"{{"ticket":"{ticket}","password":"{PASSWORD}","email":"staff@example.org"}}"#);
        post(console, "/api/v1/setup", &first);
        let signed_in =
            post(console, "/api/v1/session", &format!(r#"{{"email":"staff@example.org","password":"{PASSWORD}"}}"#));
        let cookie = signed_in.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next());
        Self { console, cookie: cookie.expect("no session").to_owned() }
    }

    /// Gets a page, and returns its status.
    fn click(&self, client: &mut Client, address: &str) -> u16 {
        let request = format!("GET {address} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n", self.console, self.cookie);
        client.ask(request.as_bytes()).unwrap().status
    }
}

/// Sends JSON, and returns the whole response.
fn post(console: SocketAddr, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(console).unwrap();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {console}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 20"), "{response}");
    response
}

/// People who click until it is dropped.
struct Crowd {
    is_over: Arc<AtomicBool>,
    people: Vec<std::thread::JoinHandle<()>>,
}

impl Crowd {
    fn start(person: &Person, clicked: &Arc<AtomicU64>) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let begin = |number: usize| {
            let (person, is_over, clicked) = (person.clone(), is_over.clone(), clicked.clone());
            std::thread::spawn(move || {
                // Not all at the same moment.
                std::thread::sleep(CLICK_INTERVAL / u32::try_from(PEOPLE).unwrap() * u32::try_from(number).unwrap());
                let mut client = Client::open(person.console);
                for address in addresses().iter().cycle().skip(number) {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    person.click(&mut client, address);
                    clicked.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(CLICK_INTERVAL);
                }
            })
        };
        Self { people: (0..PEOPLE).map(begin).collect(), is_over }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.people.drain(..).for_each(|person| person.join().unwrap());
    }
}
