//! Receivers that hang, beside one that works.

use claviger::control::operations::PostedEvent;

use super::bed::{Bed, contact};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(an_event_reaches_a_receiver_while_others_hang_with_a_backlog,);

/// Attempts of one process that may be under way.
const PLACES: usize = 64;

/// All places of the process are taken: new events must not wait until the backlog is gone.
async fn an_event_reaches_a_receiver_while_others_hang_with_a_backlog(database: TestDatabase) {
    let bed = Bed::new(database).await;
    for _ in 0..17 {
        bed.webhook_for("crm", "/status/200", ("contact", "created")).await;
    }
    let quick = bed.webhook_for("crm", "/status/200/x-quick=1", ("contact", "deleted")).await;
    for number in 0..20 {
        bed.post(&format!("backlog-{number}")).await;
    }
    bed.receiver.hold(true);
    let worker = bed.worker();
    let running = tokio::spawn(async move { worker.run_due().await });
    crate::support::eventually_async("the backlog is worked on", async || bed.receiver.received().len() == PLACES)
        .await;
    bed.post_all(vec![PostedEvent { operation: "deleted".into(), ..contact("late") }]).await;
    bed.receiver.hold(false);
    let place = || bed.receiver.received().iter().position(|one| one.head.contains("x-quick"));
    crate::support::eventually_async("the late event arrives", async || place().is_some()).await;
    let before = place().unwrap();
    assert!(before < 2 * PLACES, "behind {before} requests of {}", 17 * 20);
    let is_done = async || bed.states(&quick).await == [("delivered", None)];
    crate::support::eventually_async("its answer is recorded", is_done).await;
    running.abort();
}
