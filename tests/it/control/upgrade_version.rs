//! Pinning to a newer version.

use claviger::control::operations::{NewCredential, OperationError, upgrade_version};
use jiff::ToSpan as _;

use super::{Known, last_difference, made, token_for, verbs};
use crate::store::beds::{Bed, label, noon, on_each};

on_each!(a_credential_is_upgraded_to_the_newest_or_to_one_that_is_named, what_is_no_upgrade_says_why);

async fn a_credential_is_upgraded_to_the_newest_or_to_one_that_is_named(bed: Bed) {
    bed.account("acme").await;
    let known = Known::new();
    let old = || NewCredential { version: Some(label("1")), ..token_for("acme") };
    for to in [None, Some(label("2"))] {
        let before = made(&bed, noon(), old()).await.record;
        let call = known.call(&bed, noon() + 1.minutes());
        let after = upgrade_version(&call, before.id.as_str(), to.as_ref()).await.unwrap();
        assert_eq!((after.version, after.secret, after.revision), (Some(label("2")), before.secret, 2));
        assert_eq!(verbs(&bed, before.id.as_str()).await, ["upgrade_version", "create"]);
        let difference = last_difference(&bed, before.id.as_str()).await;
        assert_eq!(difference, [("version".to_owned(), ("1".into(), "2".into()))].into());
    }
}

async fn what_is_no_upgrade_says_why(bed: Bed) {
    bed.account("acme").await;
    let mut known = Known::new();
    let id = made(&bed, noon(), token_for("acme")).await.record.id.to_string();
    let refused = async |known: &Known, to: Option<&str>| {
        let to = to.map(label);
        let error = upgrade_version(&known.call(&bed, noon()), &id, to.as_ref()).await.unwrap_err();
        assert!(matches!(error, OperationError::Invalid(_)), "{error:?}");
        error.to_string()
    };
    assert_eq!(refused(&known, None).await, "version must be newer than 2, which it has");
    assert_eq!(refused(&known, Some("2")).await, "version must be newer than 2, which it has");
    assert_eq!(refused(&known, Some("1")).await, "version must be newer than 2, which it has");
    assert_eq!(refused(&known, Some("3")).await, "version must be a configured version, and 3 is not");
    known.versions.known[1].name = label("3");
    known.versions.known[0].retired_on = Some("2026-11-21".parse().unwrap());
    assert_eq!(refused(&known, Some("1")).await, "version must be in service, and 1 is retired");
    let call = known.call(&bed, noon());
    let after = upgrade_version(&call, &id, Some(&label("3"))).await.unwrap();
    assert_eq!(after.version, Some(label("3")), "from one that is not known any more");
    known.versions.known.clear();
    assert_eq!(refused(&known, None).await, "version cannot be upgraded: none is configured");
}
