//! Every operation by every role: done, or refused, as the list of features says.

use claviger::store::Role;

use super::Table;
use super::samples::{For, one_of, operations};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(every_role_may_call_what_the_list_of_features_says_and_nothing_else);

/// What is refused for another reason than the role: there is nothing more to ask for, one has that key, or none,
/// or an empty file.
const OTHERWISE: [(&str, u16); 7] = [
    ("import_credentials", 422),
    ("ask_for_access", 409),
    ("switch_on_own_key", 409),
    ("regenerate_own_key", 404),
    ("switch_off_own_key", 404),
    ("show_credential", 404),
    ("switch_account_on", 409),
];

async fn every_role_may_call_what_the_list_of_features_says_and_nothing_else(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let mut acme = table.bed.account("acme").await;
    acme.members_allowed = true;
    table.bed.put_user("usr_1", Some("acme"), Role::Member).await;
    let mut wrong = Vec::new();
    for (at, operation) in operations().iter().enumerate() {
        for (column, role) in [Role::Staff, Role::Owner, Role::Implementer, Role::Member].into_iter().enumerate() {
            // Whatever the one before has done to it.
            table.bed.put_account(&acme).await;
            let (mut id, mut account) = (format!("{at}-{column}"), "acme".to_owned());
            if operation.path.starts_with("/access-requests/") {
                account = format!("newcomer-{at}-{column}");
                table.newcomer(&account).await;
                id = table.thing("/access-requests", &account).await;
            } else if let Some(kind) = operation.kind() {
                id = table.thing(kind, "acme").await;
            }
            let told = operation.ask(&table, &id).by(one_of(role, &account)).told().await;
            let status = told.status.as_u16();
            let may = match operation.whose {
                For::Everybody => continue,
                For::Browsers => false,
                For::Roles(ticks) => ticks.as_bytes()[column] == b'x',
            };
            let is_fine = match may {
                false => (status, told.code()) == (403, "forbidden"),
                true => told.status.is_success() || OTHERWISE.contains(&(operation.name.as_str(), status)),
            };
            if !is_fine {
                wrong.push(format!("{} by {role}: {status} {}", operation.name, told.code()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
