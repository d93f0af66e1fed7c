//! A process is stopped while it sends.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::json;

use super::installation::{Installation, RECEIVER, contact};
use crate::delivery::webhooks::receiver::Receiver;
use crate::store::test_database::TestDatabase;
use crate::support::eventually_async;

/// A receiver would get it twice: the next process sends again what it does not find recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_waits_for_the_answer_of_a_receiver_and_records_it() {
    let receiver = Receiver::start("127.0.0.1:0", None).await;
    let database = TestDatabase::sqlite().await;
    let mut installation = Installation::management_only(database, receiver.address.port(), "").await;
    let (credential, _) = installation.credential(&json!({}));
    let owner = installation.owner("acme");
    let new = json!({"credential": credential, "url": format!("{RECEIVER}/one"), "entity": "contact"});
    assert_eq!(installation.call_as(&owner, "POST", "/webhooks", Some(&new)).status, 201);
    let publisher = installation.publisher(None);
    receiver.hold(true);
    assert_eq!(installation.post(&publisher.token, &json!([contact("1")])).status, 202);
    eventually_async("it is sent", async || receiver.received().len() == 1).await;

    assert_eq!(installation.post(&publisher.token, &json!([contact("2")])).status, 202);
    eventually_async("both are sent", async || receiver.received().len() == 2).await;
    installation.process.signal(Signal::SIGTERM);
    installation.process.awaits_log("stopping");
    tokio::time::sleep(Duration::from_secs(1)).await;
    receiver.hold(false);
    assert_eq!(installation.process.wait().code(), Some(0));
    let delivered = "SELECT COUNT(*) FROM deliveries WHERE state = 'delivered' AND attempts = 1";
    assert_eq!(installation.database.ask(delivered).await, 2, "{}", installation.process.stderr());
}
