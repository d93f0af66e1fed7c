//! Callers that lose their rights between authentication and write.

use claviger::control::operations::{
    Caller, CreatedOperatorToken, CredentialConflict, Duplicate, EditUser, NewOperatorToken, NewUser, OperationError,
    OperationRefusal, Patch, Reset, caller_of_token, clear, create, create_operator_token, create_setup_link,
    create_user, delete, delete_operator_token, disable, disable_operator_token, disable_user, duplicate, edit_user,
    enable_own_key, enable_user, export, export_audit, reset, set_access, withdraw_access,
};
use claviger::formats::Format;
use claviger::store::{AuditFilter, Role, UserRecord};
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use super::api::TestApi;
use super::people::{House, PASSWORD};
use super::{made, pair_for, token_for};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_user_who_is_disabled_or_demoted_during_a_request_writes_nothing,
    a_token_that_is_revoked_or_expires_during_a_request_writes_nothing,
    every_write_of_a_caller_disabled_meanwhile_is_refused,
    the_api_reports_a_revoked_caller_as_unauthenticated,
);

fn is_revoked<T>(outcome: &Result<T, OperationError<CredentialConflict>>) -> bool {
    matches!(outcome, Err(OperationError::Refused(OperationRefusal::Revoked)))
}

/// An owner of acme that is a script.
pub async fn script(
    house: &House,
    bed: &TestDatabase,
    expires_at: Option<Timestamp>,
) -> (CreatedOperatorToken, Caller) {
    let (name, account) = ("nightly".to_owned(), Some(label("acme")));
    let new = NewOperatorToken { name, role: Role::Owner, account, expires_at };
    let made = create_operator_token(&house.fixture.call(bed, noon()), new).await.unwrap().fresh().unwrap();
    let caller = caller_of_token(&house.at(bed), made.token.reveal()).await.unwrap().unwrap();
    (made, caller)
}

/// A signed-in user.
pub async fn session(house: &House, bed: &TestDatabase, email: &str, role: Role) -> (UserRecord, Caller) {
    let user = house.person(bed, email, role).await;
    (user, house.sign_in(bed, email, PASSWORD).await.unwrap().caller)
}

async fn written(bed: &TestDatabase) -> i64 {
    bed.ask("SELECT (SELECT COUNT(*) FROM audit) + (SELECT COUNT(*) FROM credentials)").await
}

async fn a_user_who_is_disabled_or_demoted_during_a_request_writes_nothing(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let house = House::new();
    let (ann, caller) = session(&house, &bed, "ann@x.org", Role::Owner).await;
    let call = house.fixture.as_known(&caller, &bed, noon());
    assert!(create(&call, token_for("acme")).await.is_ok());
    let before = written(&bed).await;
    for change in ["enabled = FALSE", "role = 'implementer'", "account = 'globex'", "role = 'staff', account = NULL"] {
        bed.execute(&format!("UPDATE users SET {change} WHERE id = '{}'", ann.id)).await;
        assert!(is_revoked(&create(&call, token_for("acme")).await), "{change}");
        bed.execute("UPDATE users SET enabled = TRUE, role = 'owner', account = 'acme'").await;
    }
    assert_eq!(written(&bed).await, before);
    assert!(create(&call, token_for("acme")).await.is_ok());
}

async fn a_token_that_is_revoked_or_expires_during_a_request_writes_nothing(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let house = House::new();
    let (made, caller) = script(&house, &bed, Some(noon() + 1.hours())).await;
    let call = house.fixture.as_known(&caller, &bed, noon());
    assert!(create(&call, token_for("acme")).await.is_ok());
    let before = written(&bed).await;
    for change in ["enabled = FALSE", "role = 'implementer'", "account = 'globex'"] {
        bed.execute(&format!("UPDATE operator_tokens SET {change}")).await;
        assert!(is_revoked(&create(&call, token_for("acme")).await), "{change}");
        bed.execute("UPDATE operator_tokens SET enabled = TRUE, role = 'owner', account = 'acme'").await;
    }
    let late = house.fixture.as_known(&caller, &bed, noon() + 1.hours());
    assert!(is_revoked(&create(&late, token_for("acme")).await), "expired");
    assert_eq!(written(&bed).await, before);
    assert!(create(&call, token_for("acme")).await.is_ok());
    delete_operator_token(&house.fixture.call(&bed, noon()), &made.record.id).await.unwrap();
    assert!(is_revoked(&create(&call, token_for("acme")).await), "deleted");
}

async fn every_write_of_a_caller_disabled_meanwhile_is_refused(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let (ann, owner) = session(&house, &bed, "ann@x.org", Role::Owner).await;
    let (sam, staff) = session(&house, &bed, "sam@x.org", Role::Staff).await;
    let key = made(&bed, noon(), token_for("acme")).await.record.id;
    let pair = made(&bed, noon(), pair_for("acme", "a")).await.record.id;
    let bob = house.person(&bed, "bob@x.org", Role::Member).await.id;
    let script = script(&house, &bed, None).await.0.record.id;
    bed.execute(&format!("UPDATE users SET enabled = FALSE WHERE id IN ('{}', '{}')", ann.id, sam.id)).await;
    let before = written(&bed).await;
    let (call, by_staff) = (house.fixture.as_known(&owner, &bed, noon()), house.fixture.as_known(&staff, &bed, noon()));
    let (key, acme, role) = (key.as_str(), label("acme"), Role::Owner);
    let eve = NewUser { role, account: Some(acme.clone()), email: "eve@x.org".into(), name: None };
    let heir = NewOperatorToken { name: "x".into(), role, account: Some(acme.clone()), expires_at: None };
    let edit = EditUser { name: Patch::Set("Eve".into()), ..EditUser::default() };
    let said = [
        disable(&call, key, None).await.err().map(|error| error.to_string()),
        delete(&call, key).await.err().map(|error| error.to_string()),
        clear(&call, key).await.err().map(|error| error.to_string()),
        reset(&call, key, Reset::default()).await.err().map(|error| error.to_string()),
        reset(&call, pair.as_str(), Reset::default()).await.err().map(|error| error.to_string()),
        duplicate(&call, key, Duplicate::default()).await.err().map(|error| error.to_string()),
        enable_own_key(&call).await.err().map(|error| error.to_string()),
        export(&call, Format::Csv, None, std::io::sink()).await.err().map(|error| error.to_string()),
        export_audit(&call, AuditFilter::default()).await.err().map(|error| error.to_string()),
        set_access(&call, &acme, false).await.err().map(|error| error.to_string()),
        withdraw_access(&by_staff, &acme).await.err().map(|error| error.to_string()),
        create_user(&call, eve).await.err().map(|error| error.to_string()),
        edit_user(&call, &bob, edit).await.err().map(|error| error.to_string()),
        disable_user(&call, &bob).await.err().map(|error| error.to_string()),
        enable_user(&call, &ann.id).await.err().map(|error| error.to_string()),
        create_setup_link(&call, &bob).await.err().map(|error| error.to_string()),
        create_operator_token(&call, heir).await.err().map(|error| error.to_string()),
        disable_operator_token(&call, &script).await.err().map(|error| error.to_string()),
        delete_operator_token(&call, &script).await.err().map(|error| error.to_string()),
    ];
    for (at, said) in said.into_iter().enumerate() {
        assert_eq!(said.as_deref(), Some(OperationRefusal::Revoked.to_string().as_str()), "number {at}");
    }
    assert_eq!(written(&bed).await, before);
}

async fn the_api_reports_a_revoked_caller_as_unauthenticated(bed: TestDatabase) {
    let api = TestApi::new(bed).await.by(Role::Owner, Some("acme"));
    api.create_token("acme").await;
    api.bed.execute("UPDATE users SET enabled = FALSE").await;
    let reply = api.post("/credentials", json!({"account": "acme", "kind": "token"})).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "unauthenticated"));
}
