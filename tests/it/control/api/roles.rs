//! Every operation by every role: permitted or refused as the description says.

use claviger::store::Role;

use super::TestApi;
use super::samples::{For, one_of, operations};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(every_role_may_call_its_operations_and_no_others);

/// Refusals for another reason than the role: access is granted already, the key is on or off already, the file is
/// empty, a member may see only an own key, nothing is sent.
const OTHERWISE: [(&str, u16); 25] = [
    ("edit_webhook", 404),
    ("delete_webhook", 404),
    ("pause_webhook", 404),
    ("play_webhook", 404),
    ("renew_webhook_secret", 404),
    ("end_webhook_overlap", 404),
    ("stop_webhook_replay", 404),
    ("test_webhook", 404),
    // There is no such delivery, and members see the webhooks of their own key only.
    ("show_webhook_delivery", 404),
    ("replay_webhook_delivery", 404),
    ("create_webhook", 422),
    ("show_webhook", 404),
    ("list_webhook_deliveries", 404),
    ("replay_webhook", 404),
    ("deliver_credential", 409),
    ("void_delivery", 409),
    ("import_credentials", 422),
    ("ask_for_access", 409),
    ("switch_on_own_key", 409),
    ("regenerate_own_key", 404),
    ("switch_off_own_key", 404),
    ("show_credential", 404),
    ("diagnose_credential", 404),
    ("list_credential_addresses", 404),
    ("switch_account_on", 409),
];

async fn every_role_may_call_its_operations_and_no_others(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let mut acme = api.bed.account("acme").await;
    acme.members_allowed = true;
    api.bed.put_user("usr_1", Some("acme"), Role::Member).await;
    let mut wrong = Vec::new();
    for (at, operation) in operations().iter().enumerate() {
        for (column, role) in [Role::Staff, Role::Owner, Role::Implementer, Role::Member].into_iter().enumerate() {
            // The previous operation may have changed it.
            api.bed.put_account(&acme).await;
            let (mut id, mut account) = (format!("{at}-{column}"), "acme".to_owned());
            if operation.path.starts_with("/access-requests/") {
                account = format!("newcomer-{at}-{column}");
                api.newcomer(&account).await;
                id = api.thing("/access-requests", &account).await;
            } else if let Some(kind) = operation.kind() {
                id = api.thing(kind, "acme").await;
            }
            let reply = operation.request(&api, &id).by(one_of(role, &account)).send().await;
            let status = reply.status.as_u16();
            let may = match operation.whose {
                For::Everybody => continue,
                For::Browsers | For::Keys | For::Publishers => false,
                For::Roles(ticks) => ticks.as_bytes()[column] == b'x',
            };
            let is_fine = match may {
                false => (status, reply.code()) == (403, "forbidden"),
                true => reply.status.is_success() || OTHERWISE.contains(&(operation.name.as_str(), status)),
            };
            if !is_fine {
                wrong.push(format!("{} by {role}: {status} {}", operation.name, reply.code()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
