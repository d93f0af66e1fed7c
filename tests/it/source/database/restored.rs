//! A backup that was restored while a gate runs.

use super::{answer, bearer, usual_gate};
use crate::store::test_database::{TestDatabase, on_each, token};
use crate::support::{RecordingApi, eventually};

on_each!(a_revocation_under_a_number_of_before_the_restore_is_in_force);

async fn a_revocation_under_a_number_of_before_the_restore_is_in_force(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).start();
    eventually("it is admitted", || answer(&gate, &bearer("known")).0 == 200);
    bed.put(&token("later", "acme", "later")).await;
    eventually("the gate has followed the change", || answer(&gate, &bearer("later")).0 == 200);
    eventually("it is at the end", || gate.metric("claviger_database_changes_total") == 1.0);
    // The state from before that change, and another change under its number.
    bed.execute(
        "BEGIN; DELETE FROM changes WHERE number = (SELECT last_change FROM counter);
        DELETE FROM tokens WHERE credential = 'later'; DELETE FROM credentials WHERE id = 'later';
        UPDATE credentials SET enabled = FALSE WHERE id = 'known';
        INSERT INTO changes (number, at, kind, target) SELECT last_change, 0, 'credential', 'known' FROM counter; COMMIT",
    )
    .await;
    eventually("the revocation is in force", || answer(&gate, &bearer("known")).1 == "credential_disabled");
    eventually("what is lost is unknown", || answer(&gate, &bearer("later")).0 == 401);
}
