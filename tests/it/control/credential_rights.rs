//! Who may do what with credentials.

use claviger::control::operations::{
    Caller, CredentialSearch, Duplicate, Edit, OperationContext, OperationError, OperationRefusal, Reset,
    UpgradeVersion, clear, create, delete, disable, duplicate, edit, enable, end_overlap, list_credentials, reset,
    send_again, show_credential, text_again, upgrade_version, void_delivery,
};
use claviger::store::{Actor, ActorKind, Role};

use super::{Fixture, made, shell, token_for, user, verbs};
use crate::store::test_database::{TestDatabase, noon, on_each};

on_each!(
    without_granted_access_an_account_finds_nothing,
    members_and_links_manage_nothing,
    credentials_of_another_account_are_not_found,
);

/// How each verb is refused.
async fn refusals(call: &OperationContext<'_>, id: &str) -> Vec<String> {
    let wanted = CredentialSearch::default();
    vec![
        create(call, token_for("acme")).await.map(drop).unwrap_err().to_string(),
        edit(call, id, Edit::default()).await.unwrap_err().to_string(),
        reset(call, id, Reset::default()).await.map(drop).unwrap_err().to_string(),
        end_overlap(call, id).await.unwrap_err().to_string(),
        send_again(call, id).await.map(drop).unwrap_err().to_string(),
        text_again(call, id).await.map(drop).unwrap_err().to_string(),
        void_delivery(call, id).await.unwrap_err().to_string(),
        duplicate(call, id, Duplicate::default()).await.map(drop).unwrap_err().to_string(),
        upgrade_version(call, id, &UpgradeVersion::default()).await.unwrap_err().to_string(),
        disable(call, id, None).await.unwrap_err().to_string(),
        enable(call, id).await.unwrap_err().to_string(),
        clear(call, id).await.unwrap_err().to_string(),
        delete(call, id).await.unwrap_err().to_string(),
        show_credential(call, id).await.unwrap_err().to_string(),
        list_credentials(call, &wanted, None, 50)
            .await
            .map(drop)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default(),
    ]
}

async fn without_granted_access_an_account_finds_nothing(bed: TestDatabase) {
    let mut account = bed.account("acme").await;
    let fixture = Fixture::new();
    let id = made(&bed, noon(), token_for("acme")).await.record.id.to_string();
    account.granted = false;
    bed.put_account(&account).await;
    let owner = user(Role::Owner, Some("acme"), "anna");
    let token = Actor { kind: ActorKind::Token, id: "opt_1".into(), request_id: None, address: None };
    let script = Caller { actor: token, user: None, ..owner.clone() };
    for caller in [&owner, &script] {
        for refusal in refusals(&fixture.by(caller, &bed, noon()), &id).await {
            assert_eq!(refusal, OperationRefusal::AccessNotGranted.to_string());
        }
    }
    assert_eq!(verbs(&bed, &id).await, ["create"]);
    // The provider's people prepare what the account will find.
    for caller in [&user(Role::Staff, None, "sam"), &shell()] {
        let call = fixture.by(caller, &bed, noon());
        assert!(create(&call, token_for("acme")).await.unwrap().fresh().is_some());
        assert!(clear(&call, &id).await.unwrap().hint.is_none());
    }
    // At once, without signing in again.
    account.granted = true;
    account.switched_on = false;
    bed.put_account(&account).await;
    assert!(create(&fixture.by(&owner, &bed, noon()), token_for("acme")).await.is_ok());
}

async fn members_and_links_manage_nothing(bed: TestDatabase) {
    let mut account = bed.account("acme").await;
    account.members_allowed = true;
    bed.put_account(&account).await;
    let fixture = Fixture::new();
    let id = made(&bed, noon(), token_for("acme")).await.record.id.to_string();
    let mia = user(Role::Member, Some("acme"), "mia");
    let said = refusals(&fixture.by(&mia, &bed, noon()), &id).await;
    assert!(said[..13].iter().all(|refusal| *refusal == OperationRefusal::for_no_role().to_string()), "{said:?}");
    assert_eq!(said[13..], ["no credential has this id", ""], "what they see is their own key");
    let link = Actor { kind: ActorKind::Link, id: "link".into(), request_id: None, address: None };
    let link = Caller { actor: link, ..user(Role::Owner, Some("acme"), "anna") };
    let said = refusals(&fixture.by(&link, &bed, noon()), &id).await;
    assert!(said.iter().all(|refusal| *refusal == OperationRefusal::for_no_role().to_string()), "{said:?}");
    assert_eq!(verbs(&bed, &id).await, ["create"]);
}

async fn credentials_of_another_account_are_not_found(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let fixture = Fixture::new();
    let id = made(&bed, noon(), token_for("acme")).await.record.id.to_string();
    let stranger = user(Role::Owner, Some("globex"), "gus");
    let said = refusals(&fixture.by(&stranger, &bed, noon()), &id).await;
    assert_eq!(said[0], "no account has this id");
    assert!(said[1..11].iter().all(|refusal| refusal == "no credential has this id"), "{said:?}");
    assert_eq!(said, refusals(&fixture.by(&stranger, &bed, noon()), "stranger").await, "as if it were not there");
    let error = create(&fixture.by(&stranger, &bed, noon()), token_for("stranger")).await.unwrap_err();
    assert!(matches!(error, OperationError::Refused(OperationRefusal::NotFound(_))), "{error:?}");
    assert_eq!(verbs(&bed, &id).await, ["create"]);
}
