//! Who gets a mail when webhooks stop with their key, their account or their user.

use claviger::control::operations::{EditUser, disable_user, edit_user, import, set_access, set_member_policy};
use claviger::formats::Import;
use claviger::store::{CredentialRecord, Role};
use jiff::SignedDuration;

use super::bed::Bed;
use crate::store::test_database::{TestDatabase, label, on_each, token};

on_each!(
    each_stop_is_reported_to_the_people_of_the_key_and_to_the_owners,
    an_import_that_takes_the_access_of_an_account_is_reported,
    webhooks_of_a_user_who_becomes_a_member_without_keys_are_stopped_and_reported,
    what_was_stopped_before_is_not_reported_again,
    a_person_gets_one_mail_about_an_account,
    an_expiry_is_reported_once_though_processes_look_at_once,
    a_row_that_cannot_be_read_holds_up_no_other_expiry,
);

/// With an owner, and the member Ben, whose own key and the key `crm` with a contact each have a webhook.
async fn bed(database: TestDatabase) -> Bed {
    let bed = Bed::new(database).await.with_mail();
    bed.database.put_user("olga", Some("acme"), Role::Owner).await;
    bed.database.put_user("ben", Some("acme"), Role::Member).await;
    bed.database.execute("UPDATE accounts SET members_allowed = TRUE").await;
    bed.database.execute("UPDATE credentials SET contact_email = 'carl@dev.example' WHERE id = 'crm'").await;
    let own = token("own-ben", "acme", "secret of ben");
    bed.database.put(&CredentialRecord { owner: Some(label("ben")), ..own }).await;
    bed.webhook("/status/500").await;
    bed.webhook_for("own-ben", "/status/500", ("*", "*")).await;
    bed
}

/// Mails of this purpose to this recipient, since the last call.
async fn reported(bed: &Bed, recipients: [(&str, &str); 3]) -> [i64; 3] {
    let mut counts = [0; 3];
    for (count, (purpose, recipient)) in counts.iter_mut().zip(recipients) {
        let sql = format!("SELECT COUNT(*) FROM outbox WHERE purpose = '{purpose}' AND recipient = '{recipient}'");
        *count = bed.database.ask(&sql).await;
    }
    let all = bed.database.ask("SELECT COUNT(*) FROM outbox WHERE purpose LIKE '%webhooks_halted'").await;
    assert_eq!(all, counts.iter().sum::<i64>(), "no other person is sent one");
    bed.database.execute("DELETE FROM outbox").await;
    counts
}

const CARL: (&str, &str) = ("webhooks_halted", "carl@dev.example");
const BEN: (&str, &str) = ("webhooks_halted", "ben@example.org");
const OLGA: (&str, &str) = ("webhooks_halted", "olga@example.org");
const OLGA_OF_ALL: (&str, &str) = ("account_webhooks_halted", "olga@example.org");

async fn each_stop_is_reported_to_the_people_of_the_key_and_to_the_owners(database: TestDatabase) {
    let bed = bed(database).await;
    let call = || bed.fixture.call(&bed.database, bed.clock.now());
    let acme = label("acme");
    set_access(&call(), &acme, false).await.unwrap();
    assert_eq!(reported(&bed, [CARL, BEN, OLGA_OF_ALL]).await, [1, 1, 1]);
    set_access(&call(), &acme, true).await.unwrap();
    set_member_policy(&call(), &acme, false).await.unwrap();
    assert_eq!(reported(&bed, [CARL, BEN, OLGA_OF_ALL]).await, [0, 1, 1]);
    set_member_policy(&call(), &acme, true).await.unwrap();

    let end = bed.clock.now().checked_add(SignedDuration::from_hours(1)).unwrap().as_millisecond();
    bed.database.execute(&format!("UPDATE credentials SET expires_at = {end} WHERE id = 'crm'")).await;
    let (one, other) = (bed.worker(), bed.worker());
    one.look_after().await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA]).await, [0, 0, 0]);
    bed.pass(3600);
    one.look_after().await;
    other.look_after().await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA]).await, [1, 0, 1]);

    disable_user(&call(), &label("ben")).await.unwrap();
    assert_eq!(reported(&bed, [CARL, BEN, OLGA]).await, [0, 0, 1], "who is disabled is sent nothing");
}

async fn an_import_that_takes_the_access_of_an_account_is_reported(database: TestDatabase) {
    let bed = bed(database).await;
    let take = async |access: bool, is_dry_run: bool| {
        let text = format!("accounts:\n  - {{id: acme, access: {access}}}\ncredentials: []\n");
        let file = Import::yaml(&text, bed.fixture.catalogs()).unwrap();
        import(&bed.fixture.call(&bed.database, bed.clock.now()), &file, is_dry_run).await.unwrap()
    };
    take(false, true).await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA_OF_ALL]).await, [0, 0, 0], "a dry run");
    bed.post("1").await;
    bed.sent(&bed.worker()).await;
    let waiting = "SELECT COUNT(*) FROM deliveries WHERE state = 'waiting'";
    let failing = "SELECT COUNT(*) FROM webhooks WHERE failing_since IS NOT NULL";
    assert_eq!((bed.database.ask(waiting).await, bed.database.ask(failing).await), (2, 2), "retried in a while");
    assert_eq!(take(false, false).await.accounts_switched, 1);
    assert_eq!(reported(&bed, [CARL, BEN, OLGA_OF_ALL]).await, [1, 1, 1]);
    assert_eq!((bed.database.ask(waiting).await, bed.database.ask(failing).await), (0, 0));
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM deliveries WHERE why = 'access_off'").await, 2);
    take(true, false).await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA_OF_ALL]).await, [0, 0, 0]);
}

async fn webhooks_of_a_user_who_becomes_a_member_without_keys_are_stopped_and_reported(database: TestDatabase) {
    let bed = bed(database).await;
    let set_role = async |role: Role| {
        let edit = EditUser { role: Some(role), ..EditUser::default() };
        edit_user(&bed.fixture.call(&bed.database, bed.clock.now()), &label("ben"), edit).await.unwrap();
    };
    set_role(Role::Implementer).await;
    set_role(Role::Member).await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA]).await, [0, 0, 0], "members may have keys");
    set_role(Role::Implementer).await;
    bed.database.execute("UPDATE accounts SET members_allowed = FALSE").await;
    bed.post("1").await;
    bed.sent(&bed.worker()).await;
    let waiting = "SELECT COUNT(*) FROM deliveries WHERE state = 'waiting'";
    let failing = "SELECT COUNT(*) FROM webhooks WHERE failing_since IS NOT NULL";
    assert_eq!((bed.database.ask(waiting).await, bed.database.ask(failing).await), (2, 2), "retried in a while");
    set_role(Role::Member).await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA]).await, [0, 1, 1]);
    assert_eq!((bed.database.ask(waiting).await, bed.database.ask(failing).await), (1, 1));
}

async fn what_was_stopped_before_is_not_reported_again(database: TestDatabase) {
    let bed = bed(database).await;
    let call = || bed.fixture.call(&bed.database, bed.clock.now());
    bed.database.execute("UPDATE credentials SET enabled = FALSE WHERE id = 'crm'").await;
    bed.database.execute("UPDATE webhooks SET paused = TRUE WHERE credential = 'own-ben'").await;
    set_access(&call(), &label("acme"), false).await.unwrap();
    assert_eq!(reported(&bed, [CARL, BEN, OLGA_OF_ALL]).await, [0, 0, 0]);
}

async fn a_person_gets_one_mail_about_an_account(database: TestDatabase) {
    let bed = bed(database).await;
    for (id, contact) in [("erp", "Carl@dev.example"), ("shop", "olga@example.org")] {
        let key = token(id, "acme", &format!("secret of {id}"));
        bed.database.put(&CredentialRecord { contact_email: Some(contact.into()), ..key }).await;
        bed.webhook_for(id, "/status/500", ("*", "*")).await;
    }
    set_access(&bed.fixture.call(&bed.database, bed.clock.now()), &label("acme"), false).await.unwrap();
    assert_eq!(reported(&bed, [CARL, BEN, OLGA_OF_ALL]).await, [1, 1, 1]);
}

async fn an_expiry_is_reported_once_though_processes_look_at_once(database: TestDatabase) {
    let bed = bed(database).await;
    let end = bed.clock.now().as_millisecond();
    bed.database.execute(&format!("UPDATE credentials SET expires_at = {end} WHERE id = 'crm'")).await;
    bed.pass(1);
    let workers = [(); 3].map(|()| bed.worker());
    futures_util::future::join_all(workers.iter().map(claviger::control::WebhookWorker::look_after)).await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA]).await, [1, 0, 1]);
    workers[0].look_after().await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA]).await, [0, 0, 0]);
}

async fn a_row_that_cannot_be_read_holds_up_no_other_expiry(database: TestDatabase) {
    let bed = bed(database).await;
    let end = bed.clock.now().as_millisecond();
    bed.database.put(&token("broken", "acme", "secret of broken")).await;
    bed.database.execute(&format!("UPDATE credentials SET expires_at = {end} WHERE id IN ('broken', 'crm')")).await;
    bed.database.execute("UPDATE credentials SET scopes = 'no label!' WHERE id = 'broken'").await;
    bed.pass(1);
    bed.worker().look_after().await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA]).await, [1, 0, 1], "it does not wait for the broken one");
    bed.worker().look_after().await;
    assert_eq!(reported(&bed, [CARL, BEN, OLGA]).await, [0, 0, 0]);
}
