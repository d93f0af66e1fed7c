//! Accounts: made and granted by the provider, switched by their own people, seen by both.

use claviger::control::operations::{
    AccountConflict, Caller, NewAccount, OperationError, OperationRefusal, Paging, create_account, grant_access,
    list_accounts, member_keys_in_use, rename_account, set_access, set_member_policy, show_account, withdraw_access,
};
use claviger::store::{AccountFilter, Change, ChangeKind, Changes, Role};
use jiff::ToSpan as _;

use super::callers::{of, owner, staff, who_can};
use super::{Fixture, made, token_for};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    a_new_account_has_no_access_and_invalid_ones_are_refused,
    withdrawn_access_is_refused_at_once_and_can_be_granted_again,
    each_role_changes_an_account_as_the_table_says,
    an_account_with_another_revision_is_not_changed,
    members_have_keys_while_their_account_allows_it,
    a_list_is_ordered_by_id_and_searched_by_part_of_a_name,
    users_of_an_account_see_its_own_credentials_only,
);

async fn verbs(bed: &TestDatabase, account: &str) -> Vec<String> {
    let audit = bed.store.audit_of("account", account, 20).await.unwrap();
    audit.into_iter().map(|line| line.verb).collect()
}

async fn new(bed: &TestDatabase, id: &str, name: Option<&str>) {
    let fixture = Fixture::new();
    let new = NewAccount { id: Some(label(id)), name: name.map(Into::into) };
    create_account(&fixture.by(&staff(), bed, noon()), new).await.unwrap().fresh().unwrap();
}

async fn a_new_account_has_no_access_and_invalid_ones_are_refused(bed: TestDatabase) {
    let (fixture, sam) = (Fixture::new(), staff());
    let create = async |new| {
        let made = create_account(&fixture.by(&sam, &bed, noon()), new).await;
        made.map(|made| made.fresh().unwrap())
    };
    let acme = create(NewAccount { id: Some(label("acme")), name: Some("Acme & Sons".into()) }).await.unwrap();
    assert_eq!(bed.store.account("acme").await.unwrap().unwrap(), acme);
    assert_eq!((acme.granted, acme.switched_on, acme.members_allowed, acme.revision), (false, true, false, 1));
    let line = bed.store.audit_of("account", "acme", 1).await.unwrap().remove(0);
    assert_eq!((line.verb.as_str(), line.actor.as_str(), line.before), ("create_account", "sam", None));
    assert_eq!((line.request_id.as_deref(), line.address.as_deref()), (Some("r-1"), Some("192.0.2.1")));
    let made = create(NewAccount::default()).await.unwrap();
    assert!(made.id.as_str().starts_with("acc_") && made.name.is_none(), "{made:?}");

    let taken = create(NewAccount { id: Some(label("acme")), name: None }).await;
    assert!(matches!(taken, Err(OperationError::Other(AccountConflict::IdTaken))), "{taken:?}");
    for name in [" ", "two\nlines", &"x".repeat(201)] {
        let refused = create(NewAccount { id: None, name: Some(name.into()) }).await;
        assert!(matches!(refused, Err(OperationError::Invalid(_))), "{name:?}");
    }
    assert_eq!(bed.store.count().await.unwrap(), (0, 2));
    assert_eq!(verbs(&bed, "acme").await, ["create_account"]);
}

async fn withdrawn_access_is_refused_at_once_and_can_be_granted_again(bed: TestDatabase) {
    let account = bed.account("acme").await;
    made(&bed, noon(), token_for("acme")).await;
    let (fixture, sam) = (Fixture::new(), staff());
    let call = |minutes: i64| fixture.by(&sam, &bed, noon() + minutes.minutes());
    let before = bed.store.last_change().await.unwrap();
    let off = withdraw_access(&call(1), &account.id).await.unwrap();
    assert_eq!((off.granted, off.switched_on, off.revision), (false, true, 2));
    let Changes::Some(changes) = bed.changes_since(before).await else { panic!("pruned") };
    let told: Vec<(ChangeKind, &str)> = changes.iter().map(|Change { kind, target, .. }| (*kind, &**target)).collect();
    assert_eq!(told, [(ChangeKind::Account, "acme")], "the gates forget all of it");
    assert_eq!(bed.store.accounts_without_access().await.unwrap(), [label("acme")]);

    let same = withdraw_access(&call(2), &account.id).await.unwrap();
    assert_eq!((same, bed.store.last_change().await.unwrap()), (off, before + 1), "nothing is written twice");
    assert!(grant_access(&call(3), &account.id).await.unwrap().has_access());
    assert_eq!(bed.store.accounts_without_access().await.unwrap(), []);
    assert_eq!(verbs(&bed, "acme").await, ["grant_access", "withdraw_access"]);
    let unknown = grant_access(&call(4), &label("stranger")).await;
    assert!(matches!(unknown, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{unknown:?}");
}

async fn each_role_changes_an_account_as_the_table_says(bed: TestDatabase) {
    let acme = bed.account("acme").await.id;
    let anybody = [Role::Staff, Role::Owner, Role::Implementer, Role::Member];
    let create = who_can(&bed, async |call| create_account(&call, NewAccount::default()).await.is_ok()).await;
    assert_eq!(create, [Role::Staff]);
    assert_eq!(who_can(&bed, async |call| grant_access(&call, &acme).await.is_ok()).await, [Role::Staff]);
    let withdraw = who_can(&bed, async |call| withdraw_access(&call, &acme).await.is_ok()).await;
    assert_eq!(withdraw, [Role::Staff]);
    let rename = who_can(&bed, async |call| rename_account(&call, &acme, None).await.is_ok()).await;
    assert_eq!(rename, [Role::Staff]);
    let switch = who_can(&bed, async |call| set_access(&call, &acme, false).await.is_ok()).await;
    assert_eq!(switch, [Role::Owner, Role::Implementer]);
    let policy = who_can(&bed, async |call| set_member_policy(&call, &acme, false).await.is_ok()).await;
    assert_eq!(policy, [Role::Owner, Role::Implementer]);
    let show = who_can(&bed, async |call| show_account(&call, &acme).await.is_ok()).await;
    assert_eq!(show, anybody);
    // Another account is not found, whatever right the caller has in its own.
    let fixture = Fixture::new();
    let stranger = owner("globex");
    let call = fixture.by(&stranger, &bed, noon());
    let hidden = set_access(&call, &acme, false).await;
    assert!(matches!(hidden, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{hidden:?}");
    let hidden = show_account(&call, &acme).await;
    assert!(matches!(hidden, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{hidden:?}");
}

async fn an_account_with_another_revision_is_not_changed(bed: TestDatabase) {
    let acme = bed.account("acme").await.id;
    let (fixture, sam) = (Fixture::new(), staff());
    let call = fixture.by(&sam, &bed, noon());
    let named = rename_account(&call, &acme, Some("One".into())).await.unwrap();
    assert_eq!((named.name.as_deref(), named.revision), (Some("One"), 2));
    let late = claviger::control::operations::OperationContext { revision: Some(1), ..call };
    let stale = rename_account(&late, &acme, Some("Two".into())).await;
    assert!(matches!(stale, Err(OperationError::Refused(OperationRefusal::Stale(2)))), "{stale:?}");
    let seen = claviger::control::operations::OperationContext { revision: Some(2), ..call };
    assert_eq!(rename_account(&seen, &acme, None).await.unwrap().name, None);
    let empty = rename_account(&call, &acme, Some(String::new())).await;
    assert!(matches!(empty, Err(OperationError::Invalid(_))), "{empty:?}");
}

async fn members_have_keys_while_their_account_allows_it(bed: TestDatabase) {
    let acme = bed.account("acme").await.id;
    bed.execute(
        "INSERT INTO users (id, account, email, role, enabled, created_at, revision)
        VALUES ('mia', 'acme', 'mia@acme.example', 'member', TRUE, 0, 1)",
    )
    .await;
    let key = claviger::store::CredentialRecord { owner: Some(label("mia")), ..token("mias", "acme", "secret") };
    bed.put(&key).await;
    bed.put_user("imre", Some("acme"), Role::Implementer).await;
    let of_imre = claviger::store::CredentialRecord { owner: Some(label("imre")), ..token("imres", "acme", "other") };
    bed.put(&of_imre).await;
    let access = async || {
        let digest = claviger::credential::TokenDigest::of(b"secret");
        bed.store.find_token(&digest).await.unwrap().found.unwrap().credential.account.access
    };
    let (fixture, ida) = (Fixture::new(), of("acme", Role::Implementer));
    let policy = async |allowed| set_member_policy(&fixture.by(&ida, &bed, noon()), &acme, allowed).await;
    assert!(!access().await);
    let in_use = async || member_keys_in_use(&fixture.by(&ida, &bed, noon()), &acme).await.unwrap();
    assert!(in_use().await.is_empty());
    policy(true).await.unwrap();
    assert!(access().await);
    assert_eq!(in_use().await, [label("mias")], "that of the implementer stays");
    bed.execute("UPDATE credentials SET expires_at = 1 WHERE id = 'mias'").await;
    assert!(in_use().await.is_empty());
    policy(false).await.unwrap();
    assert!(!access().await);
    withdraw_access(&fixture.by(&staff(), &bed, noon()), &acme).await.unwrap();
    assert!(matches!(policy(true).await, Err(OperationError::Other(AccountConflict::NotGranted))));
    policy(false).await.unwrap();
}

async fn ids(bed: &TestDatabase, by: &Caller, filter: &AccountFilter) -> Result<Vec<String>, OperationError> {
    let fixture = Fixture::new();
    let page = list_accounts(&fixture.by(by, bed, noon()), filter.clone(), Paging::default()).await?;
    Ok(page.records.into_iter().map(|record| record.id.to_string()).collect())
}

async fn a_list_is_ordered_by_id_and_searched_by_part_of_a_name(bed: TestDatabase) {
    for (id, name) in
        [("b", Some("Acme 100% Music")), ("a", Some("ACME_x")), ("c", None), ("acme-d", Some("o'Hara \\")), ("E", None)]
    {
        new(&bed, id, name).await;
    }
    let (fixture, sam) = (Fixture::new(), staff());
    grant_access(&fixture.by(&sam, &bed, noon()), &label("c")).await.unwrap();
    let find = async |part: &str| {
        ids(&bed, &sam, &AccountFilter { part: Some(part.into()), ..AccountFilter::default() }).await.unwrap()
    };
    assert_eq!(ids(&bed, &sam, &AccountFilter::default()).await.unwrap(), ["E", "a", "acme-d", "b", "c"]);
    assert_eq!(find("acme").await, ["a", "acme-d", "b"]);
    assert_eq!(find("0% m").await, ["b"]);
    assert_eq!(find("e_").await, ["a"], "a sign that means nothing here");
    assert_eq!(find("%%").await, [""; 0]);
    assert_eq!(find("'Hara \\").await, ["acme-d"]);
    let granted = AccountFilter { granted: Some(true), ..AccountFilter::default() };
    assert_eq!(ids(&bed, &sam, &granted).await.unwrap(), ["c"]);
    let unfit = AccountFilter { part: Some("a\0".into()), ..AccountFilter::default() };
    assert!(matches!(ids(&bed, &sam, &unfit).await, Err(OperationError::Invalid(_))));

    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let paging = Paging { after: after.as_deref(), limit: 2 };
        let page = list_accounts(&fixture.by(&sam, &bed, noon()), AccountFilter::default(), paging).await.unwrap();
        assert!(page.records.len() <= 2);
        seen.extend(page.records.into_iter().map(|record| record.id.to_string()));
        let Some(end) = page.end else { break };
        after = Some(end);
    }
    assert_eq!(seen, ["E", "a", "acme-d", "b", "c"]);
    // An unreadable row hides no other.
    bed.execute("UPDATE accounts SET created_at = 9000000000000000000 WHERE id = 'a'").await;
    let page =
        list_accounts(&fixture.by(&sam, &bed, noon()), AccountFilter::default(), Paging::default()).await.unwrap();
    assert_eq!((page.records.len(), page.unreadable.len(), page.end), (4, 1, None));
}

async fn users_of_an_account_see_its_own_credentials_only(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    for role in [Role::Owner, Role::Implementer, Role::Member] {
        let caller = of("acme", role);
        assert_eq!(ids(&bed, &caller, &AccountFilter::default()).await.unwrap(), ["acme"]);
        let part = AccountFilter { part: Some("globex".into()), ..AccountFilter::default() };
        assert_eq!(ids(&bed, &caller, &part).await.unwrap(), [""; 0]);
        let only = AccountFilter { only: Some(label("globex")), ..AccountFilter::default() };
        let hidden = ids(&bed, &caller, &only).await;
        assert!(matches!(hidden, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{hidden:?}");
    }
    // An owner without an account sees nothing instead of everything.
    let broken = Caller { account: None, ..owner("acme") };
    let refused = ids(&bed, &broken, &AccountFilter::default()).await;
    assert!(matches!(refused, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))), "{refused:?}");
}
