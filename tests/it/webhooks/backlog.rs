//! Receivers that hang, beside one that works.

use super::bed::Bed;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(an_event_reaches_a_receiver_while_others_hang_with_a_backlog,);

/// All places of the process are taken: new events must not wait until the backlog is gone.
async fn an_event_reaches_a_receiver_while_others_hang_with_a_backlog(database: TestDatabase) {
    let bed = Bed::new(database).await;
    for _ in 0..17 {
        bed.webhook_for("crm", "/delay/1500", ("contact", "created")).await;
    }
    let quick = bed.webhook_for("crm", "/status/200/x-quick=1", ("contact", "deleted")).await;
    for number in 0..20 {
        bed.post(&format!("backlog-{number}")).await;
    }
    let worker = bed.worker();
    let running = tokio::spawn(async move { worker.run_due().await });
    crate::support::eventually_async("the backlog is worked on", async || bed.receiver.received().len() >= 64).await;
    let late =
        claviger::control::operations::PostedEvent { operation: "deleted".into(), ..super::bed::contact("late") };
    bed.post_all(vec![late]).await;
    crate::support::eventually_async("the late event arrives", async || {
        bed.receiver.received().iter().any(|one| one.head.contains("x-quick"))
    })
    .await;
    let received = bed.receiver.received().len();
    assert!(received < 250, "behind {received} requests of {}", 17 * 20);
    let is_done = async || bed.states(&quick).await == [("delivered", None)];
    crate::support::eventually_async("its answer is recorded", is_done).await;
    running.abort();
}
