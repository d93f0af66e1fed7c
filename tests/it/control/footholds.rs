//! Whoever was let in once, and is not any more, keeps nothing; whoever is let in takes nothing from others.

use claviger::control::operations::{ChangePasswordError, change_password, who_is};
use claviger::store::Role;

use super::api::Table;
use super::people::{House, PASSWORD, plain};
use crate::store::beds::{Bed, noon, on_each};

on_each!(a_current_password_of_megabytes_is_hashed_by_nobody, the_file_shows_nothing_to_an_account_that_was_not_let_in,);

async fn a_current_password_of_megabytes_is_hashed_by_nobody(bed: Bed) {
    bed.account("acme").await;
    let house = House::throttled();
    house.person(&bed, "ann@x.org", Role::Owner).await;
    let own = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    let before = house.hashed();
    let caller = who_is(&house.at(&bed), own.ticket.reveal()).await.unwrap().unwrap();
    let call = house.known.by(&caller, &bed, noon());
    let long = "x".repeat(1025);
    let guess = async || {
        change_password(&call, &house.at(&bed), own.ticket.reveal(), plain(&long), plain("another password")).await
    };
    for _ in 0..3 {
        assert!(matches!(guess().await, Err(ChangePasswordError::Wrong)));
    }
    assert!(matches!(guess().await, Err(ChangePasswordError::TooMany { .. })), "it counts as a guess");
    assert_eq!(house.hashed(), before);
}

async fn the_file_shows_nothing_to_an_account_that_was_not_let_in(bed: Bed) {
    let table = Table::new(bed).await.by(Role::Owner, Some("acme"));
    assert_eq!(table.get("/file-credentials").await.status, 200);
    table.bed.execute("UPDATE accounts SET granted = FALSE WHERE id = 'acme'").await;
    let told = table.get("/file-credentials").await;
    assert_eq!((told.status.as_u16(), told.code()), (403, "access_not_granted"));
}
