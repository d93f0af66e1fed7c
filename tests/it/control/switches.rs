//! On, off and gone.

use claviger::control::operations::{
    AccountConflict, Caller, OperationError, OperationRefusal, delete, disable, enable, set_access,
};
use claviger::store::Changes;
use jiff::{Timestamp, ToSpan as _};

use super::{Fixture, made, shell, token_for, verbs};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_credential_is_disabled_with_a_reason_and_enabled_with_the_secret_it_had,
    an_edit_without_a_change_writes_nothing,
    a_deleted_credential_is_gone_and_its_audit_stays,
    an_owner_switches_granted_access_only,
);

/// The audit sorts by time.
fn later(minutes: i64) -> Timestamp {
    noon() + minutes.minutes()
}

async fn a_credential_is_disabled_with_a_reason_and_enabled_with_the_secret_it_had(bed: TestDatabase) {
    bed.account("acme").await;
    let created = made(&bed, noon(), token_for("acme")).await.record;
    let (id, fixture) = (created.id.as_str(), Fixture::new());
    let off = disable(&fixture.call(&bed, later(1)), id, Some("leaked".into())).await.unwrap();
    assert_eq!((off.enabled, off.disabled_reason.as_deref(), off.revision), (false, Some("leaked"), 2));
    assert_eq!(bed.store.credential(created.id.as_str()).await.unwrap().unwrap(), off);
    let on = enable(&fixture.call(&bed, later(2)), id).await.unwrap();
    assert_eq!((on.enabled, on.disabled_reason, on.secret), (true, None, created.secret));
    assert_eq!(verbs(&bed, created.id.as_str()).await, ["enable", "disable", "create"]);
    let foreign = Caller { account: Some(label("globex")), ..shell() };
    let hidden = disable(&fixture.by(&foreign, &bed, noon()), id, None).await;
    assert!(matches!(hidden, Err(OperationError::Refused(OperationRefusal::NotFound(_)))));
}

async fn an_edit_without_a_change_writes_nothing(bed: TestDatabase) {
    bed.account("acme").await;
    let created = made(&bed, noon(), token_for("acme")).await.record;
    let fixture = Fixture::new();
    let before = bed.store.last_change().await.unwrap();
    let same = enable(&fixture.call(&bed, noon()), created.id.as_str()).await.unwrap();
    assert_eq!(same, created);
    set_access(&fixture.call(&bed, noon()), &label("acme"), true).await.unwrap();
    assert_eq!(bed.store.last_change().await.unwrap(), before);
    assert_eq!(verbs(&bed, created.id.as_str()).await, ["create"]);
}

async fn a_deleted_credential_is_gone_and_its_audit_stays(bed: TestDatabase) {
    bed.account("acme").await;
    let created = made(&bed, noon(), token_for("acme")).await.record;
    let (id, fixture) = (created.id.as_str(), Fixture::new());
    assert_eq!(delete(&fixture.call(&bed, later(1)), id).await.unwrap(), created);
    assert_eq!(bed.store.credential(id).await.unwrap(), None);
    let Changes::Some(changes) = bed.changes_since(2).await else { panic!("pruned") };
    assert_eq!(changes.last().unwrap().target, id);
    let audit = bed.store.audit_of("credential", id, 1).await.unwrap();
    assert_eq!((audit[0].verb.as_str(), &audit[0].after), ("delete", &None));
    assert!(audit[0].before.is_some());
    assert!(delete(&fixture.call(&bed, noon()), id).await.is_err());
}

async fn an_owner_switches_granted_access_only(bed: TestDatabase) {
    let mut account = bed.account("acme").await;
    let fixture = Fixture::new();
    let switch =
        async |minutes: i64, on| set_access(&fixture.call(&bed, noon() + minutes.minutes()), &account.id, on).await;
    let off = switch(0, false).await.unwrap();
    assert_eq!((off.granted, off.switched_on, off.revision), (true, false, 2));
    assert!(switch(1, true).await.unwrap().has_access());
    let audit = bed.store.audit_of("account", "acme", 10).await.unwrap();
    assert_eq!(
        audit.iter().map(|line| line.verb.as_str()).collect::<Vec<_>>(),
        ["switch_account_on", "switch_account_off"]
    );

    account.granted = false;
    account.switched_on = false;
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.put_account(&account).await.unwrap();
    transaction.commit().await.unwrap();
    let switch = async |id: &str| set_access(&fixture.call(&bed, noon()), &label(id), true).await;
    assert!(matches!(switch("acme").await, Err(OperationError::Other(AccountConflict::NotGranted))));
    assert!(matches!(switch("stranger").await, Err(OperationError::Refused(OperationRefusal::NotFound(_)))));
}
