//! The help pages of five products about access to their API, followed click by click with the settings and words of
//! `config/examples`. After each step the gate is asked.

mod church;
mod partners;
mod practice;
mod recruiting;
mod ticketing;
mod ticketing_sent;

use std::time::{Duration, Instant};

use claviger::store::AccountRecord;

use super::people::TestConsole;
use crate::support::{Browser, RecordingApi, Request, Scripts};

/// How long the gate may take to follow the console.
const MAX_DELAY: Duration = Duration::from_secs(1);
/// Short, and long enough that wrong passwords stay below the limit of the throttle.
const POLL_INTERVAL: Duration = Duration::from_millis(150);

const STAFF: &str = "staff@example.org";
const OWNER: &str = "owner@acme.example";
const IMPLEMENTER: &str = "implementer@acme.example";
const MEMBER: &str = "member@acme.example";

/// What the provider and the account have done about API access before the test.
struct Access {
    granted: bool,
    switched_on: bool,
}

/// The console of the product in this folder of `config/examples`, with one account, and an API that answers 200.
async fn product(folder: &str, account: &str, Access { granted, switched_on }: Access) -> TestConsole {
    // It goes on without its value.
    let api = RecordingApi::start();
    let change = |record: &mut AccountRecord| {
        *record = AccountRecord { name: Some(account.to_owned()), granted, switched_on, ..record.clone() };
    };
    TestConsole::of_example(folder, api.url(), change).await
}

/// A browser in which a person has signed in.
async fn browser_of(console: &TestConsole, email: &str, scripts: Scripts) -> Browser {
    let browser = Browser::start(scripts).await;
    console.sign_in(&browser, email).await;
    browser
}

/// Checks the page as small phones show it, and keeps pictures of it where these are wanted.
async fn inspect(browser: &Browser, page: &str) {
    browser.resize(320).await;
    browser.inspect(page).await;
    browser.resize(1280).await;
    browser.picture(page).await;
}

/// Fails unless the gate answers with this status within [`MAX_DELAY`].
fn expect(console: &TestConsole, request: &Request, status: u16) {
    let start = Instant::now();
    loop {
        let delay = start.elapsed();
        let reply = console.gate.send(request);
        if reply.status == status {
            return;
        }
        assert!(delay < MAX_DELAY, "the gate answers {} instead of {status}: {}", reply.status, reply.text());
        std::thread::sleep(POLL_INTERVAL);
    }
}

async fn assert_text(browser: &Browser, text: &str) {
    let main = browser.text("main").await;
    assert!(main.contains(text), "{text} is not at {}:\n{main}", browser.location().await);
}

async fn assert_status(browser: &Browser, text: &str) {
    assert_eq!(browser.text("[role=status]").await, text);
}
