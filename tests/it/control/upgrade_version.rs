//! Pinning to another version.

use claviger::control::operations::{
    NewCredential, OperationError, OperationRefusal, UpgradeVersion, upgrade_unversioned, upgrade_version,
};
use claviger::store::{CredentialRecord, Role};
use jiff::ToSpan as _;

use super::{Fixture, is_invalid, last_difference, made, token_for, user, verbs};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    a_credential_is_upgraded_to_the_newest_or_to_one_that_is_named,
    a_refused_upgrade_says_why,
    an_older_version_needs_permission,
    all_credentials_without_a_version_are_pinned_at_once,
);

fn to(version: Option<&str>) -> UpgradeVersion {
    UpgradeVersion { to: version.map(label), ..UpgradeVersion::default() }
}

async fn a_credential_is_upgraded_to_the_newest_or_to_one_that_is_named(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let old = || NewCredential { version: Some(label("1")), ..token_for("acme") };
    for version in [None, Some("2")] {
        let before = made(&bed, noon(), old()).await.record;
        let call = fixture.call(&bed, noon() + 1.minutes());
        let after = upgrade_version(&call, before.id.as_str(), &to(version)).await.unwrap();
        assert_eq!((after.version, after.secret, after.revision), (Some(label("2")), before.secret, 2));
        assert_eq!(verbs(&bed, before.id.as_str()).await, ["upgrade_version", "create"]);
        let difference = last_difference(&bed, before.id.as_str()).await;
        assert_eq!(difference, [("version".to_owned(), ("1".into(), "2".into()))].into());
    }
}

async fn a_refused_upgrade_says_why(bed: TestDatabase) {
    bed.account("acme").await;
    let mut fixture = Fixture::new();
    let id = made(&bed, noon(), token_for("acme")).await.record.id.to_string();
    let refused = async |fixture: &Fixture, version: Option<&str>| {
        let error = upgrade_version(&fixture.call(&bed, noon()), &id, &to(version)).await.unwrap_err();
        assert!(matches!(error, OperationError::Invalid(_)), "{error:?}");
        error.to_string()
    };
    assert_eq!(refused(&fixture, None).await, "version is already 2");
    assert_eq!(refused(&fixture, Some("2")).await, "version is already 2");
    let older = "allow_older must be true to pin it to 1, which is older than its current version 2";
    assert_eq!(refused(&fixture, Some("1")).await, older);
    let unknown = "version must be a configured version, and 3 is not; known: 1, 2";
    assert_eq!(refused(&fixture, Some("3")).await, unknown);
    fixture.versions.known[1].name = label("3");
    fixture.versions.known[0].retired_on = Some("2026-11-21".parse().unwrap());
    assert_eq!(refused(&fixture, Some("1")).await, "version must be in service, and 1 is retired");
    let call = fixture.call(&bed, noon());
    let after = upgrade_version(&call, &id, &to(Some("3"))).await.unwrap();
    assert_eq!(after.version, Some(label("3")), "from one that is no longer configured");
    fixture.versions.known.clear();
    assert_eq!(refused(&fixture, None).await, "version cannot be upgraded: no version is configured");
}

async fn an_older_version_needs_permission(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let id = made(&bed, noon(), token_for("acme")).await.record.id;
    let older = UpgradeVersion { allow_older: true, ..to(Some("1")) };
    let after = upgrade_version(&fixture.call(&bed, noon() + 1.minutes()), id.as_str(), &older).await.unwrap();
    assert_eq!(after.version, Some(label("1")));
    assert_eq!(verbs(&bed, id.as_str()).await, ["upgrade_version", "create"]);
}

async fn all_credentials_without_a_version_are_pinned_at_once(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let fixture = Fixture::new();
    for (id, account) in [("a", "acme"), ("b", "acme"), ("c", "globex")] {
        bed.put(&token(id, account, id)).await;
    }
    let pinned = CredentialRecord { version: Some(label("2")), ..token("d", "acme", "d") };
    bed.put(&pinned).await;
    let owner = user(Role::Owner, Some("acme"), "owner");
    let by_owner = fixture.by(&owner, &bed, noon());
    let elsewhere = upgrade_unversioned(&by_owner, Some(&label("globex")), &label("1")).await;
    assert!(matches!(elsewhere, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{elsewhere:?}");
    assert_eq!(upgrade_unversioned(&by_owner, None, &label("1")).await.unwrap(), 2, "of their account");
    let call = fixture.call(&bed, noon());
    let unknown = upgrade_unversioned(&call, None, &label("9")).await.unwrap_err();
    assert!(is_invalid(&unknown, "version"), "{unknown:?}");
    assert_eq!(upgrade_unversioned(&call, None, &label("1")).await.unwrap(), 1);
    assert_eq!(upgrade_unversioned(&call, None, &label("1")).await.unwrap(), 0);
    let version = async |id: &str| bed.store.credential(id).await.unwrap().unwrap().version;
    assert_eq!((version("a").await, version("c").await), (Some(label("1")), Some(label("1"))));
    assert_eq!(version("d").await, Some(label("2")), "one with a version keeps it");
    assert_eq!(verbs(&bed, "a").await, ["upgrade_version"]);
}
