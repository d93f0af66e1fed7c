//! Adding, changing and switching users.

use claviger::control::operations::{
    Caller, EditUser, Invalid, NewUser, OperationError, OperationRefusal, Paging, Patch, UserConflict,
    caller_of_session, create_setup_link, create_user, disable_user, edit_user, enable_user, list_users,
    use_setup_link,
};
use claviger::store::{ChangeKind, Changes, Role, UserFilter};
use jiff::ToSpan as _;

use super::people::{House, PASSWORD, plain, user, verbs};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    every_fault_of_a_new_user_is_reported_at_once,
    an_email_address_belongs_to_one_user_in_any_case,
    the_same_address_is_added_once_in_parallel,
    gates_are_notified_of_a_changed_role,
    an_edit_without_a_change_writes_nothing,
    a_disabled_user_is_signed_out_and_their_links_are_void,
    users_cannot_disable_themselves_or_the_last_of_the_staff,
    two_of_the_staff_cannot_disable_each_other,
    lists_are_the_newest_first_and_read_in_pages,
);

fn new(role: Role, account: Option<&str>, email: &str) -> NewUser {
    NewUser { role, account: account.map(label), email: email.into(), name: Some("Ann".into()) }
}

async fn every_fault_of_a_new_user_is_reported_at_once(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let fields = async |role, account: Option<&str>, email: &str, name: &str| {
        let new = NewUser { name: Some(name.into()), ..new(role, account, email) };
        match create_user(&house.fixture.call(&bed, noon()), new).await {
            Err(OperationError::Invalid(Invalid(faults))) => {
                faults.iter().map(|fault| fault.field.to_string()).collect()
            }
            other => panic!("{other:?}"),
        }
    };
    let all: Vec<String> = fields(Role::Owner, None, "ann", "  ").await;
    assert_eq!(all, ["account", "email", "name"]);
    assert_eq!(fields(Role::Staff, Some("acme"), "ann@x.org", "Ann").await, ["account"]);
    assert_eq!(fields(Role::Staff, None, "a@x.org\r\nBcc: b@x.org", "Ann").await, ["email"]);
    assert_eq!(fields(Role::Staff, None, "a@x.org", "Ann\0").await, ["name"]);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM users").await, 0);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM setup_links").await, 0);
}

async fn an_email_address_belongs_to_one_user_in_any_case(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "Ann@X.org", Role::Member).await.record;
    assert_eq!(bed.store.user_by_email("aNN@x.ORG").await.unwrap().unwrap(), ann);
    let same = create_user(&house.fixture.call(&bed, noon()), new(Role::Staff, None, "ann@x.org")).await;
    assert!(matches!(same, Err(OperationError::Other(UserConflict::EmailTaken))), "{same:?}");
    let bob = house.invited(&bed, "bob@x.org", Role::Member).await.record;
    let edit = EditUser { email: Some("ANN@x.org".into()), ..EditUser::default() };
    let same = edit_user(&house.fixture.call(&bed, noon()), &bob.id, edit).await;
    assert!(matches!(same, Err(OperationError::Other(UserConflict::EmailTaken))), "{same:?}");
    assert_eq!(bed.store.user_by_email("stranger@x.org").await.unwrap(), None);
}

async fn the_same_address_is_added_once_in_parallel(bed: TestDatabase) {
    let house = House::new();
    for turn in 0..5 {
        let add =
            async |email: String| create_user(&house.fixture.call(&bed, noon()), new(Role::Staff, None, &email)).await;
        let (one, other) = tokio::join!(add(format!("ann-{turn}@x.org")), add(format!("ANN-{turn}@x.org")));
        assert_eq!([&one, &other].iter().filter(|outcome| outcome.is_ok()).count(), 1, "{one:?} {other:?}");
        assert!(
            [one, other].iter().any(|outcome| matches!(outcome, Err(OperationError::Other(UserConflict::EmailTaken))))
        );
    }
}

async fn gates_are_notified_of_a_changed_role(bed: TestDatabase) {
    bed.account("acme").await;
    let (house, owner) = (House::new(), user(Role::Owner));
    let ann = house.invited(&bed, "ann@x.org", Role::Member).await;
    let before = bed.store.last_change().await.unwrap();
    let call = house.fixture.by(&owner, &bed, noon() + 1.minutes());
    let edit = EditUser { name: Patch::Set("Ann".into()), email: Some("new@x.org".into()), role: Some(Role::Owner) };
    let edited = edit_user(&call, &ann.record.id, edit).await.unwrap();
    assert_eq!((edited.name.as_deref(), edited.email.as_str()), (Some("Ann"), "new@x.org"));
    assert_eq!((edited.role, edited.revision), (Role::Owner, 2));
    assert_eq!(bed.store.user(edited.id.as_str()).await.unwrap().unwrap(), edited);
    let Changes::Some(changes) = bed.changes_since(before).await else { panic!("pruned") };
    assert_eq!((changes[0].kind, changes[0].target.as_str()), (ChangeKind::User, edited.id.as_str()));
    let link = use_setup_link(&house.at(&bed), ann.link.ticket.reveal(), plain(PASSWORD), None).await;
    assert!(link.is_err(), "it went to the address before");

    let stale = claviger::control::operations::OperationContext { revision: Some(1), ..call };
    let edit = EditUser { role: Some(Role::Member), ..EditUser::default() };
    let refused = edit_user(&stale, &edited.id, edit.clone()).await;
    assert!(matches!(refused, Err(OperationError::Refused(OperationRefusal::Stale(2)))), "{refused:?}");
    let fresh =
        claviger::control::operations::OperationContext { revision: Some(2), now: noon() + 2.minutes(), ..call };
    assert_eq!(edit_user(&fresh, &edited.id, edit).await.unwrap().role, Role::Member);
    let line = &bed.store.audit_of("user", edited.id.as_str(), 1).await.unwrap()[0];
    assert!(line.before.as_ref().unwrap().contains("\"role\":\"owner\""), "{line:?}");
    assert!(line.after.as_ref().unwrap().contains("\"role\":\"member\""), "{line:?}");
    assert_eq!((line.actor.as_str(), line.account.as_deref()), ("usr_x", Some("acme")));
}

async fn an_edit_without_a_change_writes_nothing(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Member).await.record;
    let before = bed.store.last_change().await.unwrap();
    let call = house.fixture.call(&bed, noon() + 1.minutes());
    let edit = EditUser { email: Some(ann.email.clone()), role: Some(ann.role), name: Patch::Clear };
    assert_eq!(edit_user(&call, &ann.id, edit).await.unwrap(), ann);
    assert_eq!(enable_user(&call, &ann.id).await.unwrap(), ann);
    let off = disable_user(&call, &ann.id).await.unwrap();
    assert_eq!(disable_user(&call, &ann.id).await.unwrap(), off);
    assert_eq!(bed.store.last_change().await.unwrap(), before + 1);
    assert_eq!(verbs(&bed, ann.id.as_str()).await, ["disable_user", "create_user"]);
}

async fn a_disabled_user_is_signed_out_and_their_links_are_void(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.person(&bed, "ann@x.org", Role::Member).await;
    let bob = house.person(&bed, "bob@x.org", Role::Member).await;
    let signed_in = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    let others = house.sign_in(&bed, "bob@x.org", PASSWORD).await.unwrap();
    let link = create_setup_link(&house.fixture.call(&bed, noon()), &ann.id).await.unwrap().fresh().unwrap();
    let before = bed.store.last_change().await.unwrap();
    let owner = user(Role::Owner);
    let call = house.fixture.by(&owner, &bed, noon() + 1.minutes());
    let off = disable_user(&call, &ann.id).await.unwrap();
    assert_eq!((off.enabled, off.revision), (false, 3));
    let Changes::Some(changes) = bed.changes_since(before).await else { panic!("pruned") };
    assert_eq!((changes[0].kind, changes[0].target.as_str()), (ChangeKind::User, ann.id.as_str()));

    let on = enable_user(&call, &ann.id).await.unwrap();
    assert_eq!((on.enabled, &on.password_hash), (true, &ann.password_hash));
    assert!(
        caller_of_session(&house.at(&bed), signed_in.ticket.reveal()).await.unwrap().is_none(),
        "it does not come back"
    );
    assert!(use_setup_link(&house.at(&bed), link.ticket.reveal(), plain(PASSWORD), None).await.is_err());
    assert!(house.sign_in(&bed, "ann@x.org", PASSWORD).await.is_ok());
    let other = caller_of_session(&house.at(&bed), others.ticket.reveal()).await.unwrap().unwrap();
    assert_eq!(other.user, Some(bob.id));
}

async fn users_cannot_disable_themselves_or_the_last_of_the_staff(bed: TestDatabase) {
    let house = House::new();
    let ann = house.person(&bed, "ann@x.org", Role::Staff).await;
    let call = house.fixture.call(&bed, noon());
    assert!(
        matches!(disable_user(&call, &ann.id).await, Err(OperationError::Other(UserConflict::LastStaff))),
        "not even at the shell"
    );
    let invited = house.invited(&bed, "invited@x.org", Role::Staff).await.record;
    let last = disable_user(&call, &ann.id).await;
    assert!(
        matches!(last, Err(OperationError::Other(UserConflict::LastStaff))),
        "the other one cannot sign in: {last:?}"
    );
    let bob = house.person(&bed, "bob@x.org", Role::Staff).await;
    let caller = house.sign_in(&bed, "bob@x.org", PASSWORD).await.unwrap().caller;
    let by_bob = house.fixture.by(&caller, &bed, noon());
    assert!(matches!(disable_user(&by_bob, &bob.id).await, Err(OperationError::Other(UserConflict::Oneself))));
    assert!(!disable_user(&by_bob, &ann.id).await.unwrap().enabled);
    assert!(!disable_user(&by_bob, &invited.id).await.unwrap().enabled);
    assert!(matches!(disable_user(&call, &bob.id).await, Err(OperationError::Other(UserConflict::LastStaff))));
    assert!(bed.store.user(bob.id.as_str()).await.unwrap().unwrap().enabled);
}

async fn two_of_the_staff_cannot_disable_each_other(bed: TestDatabase) {
    let house = House::new();
    let ann = house.person(&bed, "ann@x.org", Role::Staff).await;
    let bob = house.person(&bed, "bob@x.org", Role::Staff).await;
    for _ in 0..5 {
        let call = house.fixture.call(&bed, noon());
        let (one, other) = tokio::join!(disable_user(&call, &ann.id), disable_user(&call, &bob.id));
        assert_eq!([&one, &other].iter().filter(|outcome| outcome.is_ok()).count(), 1, "{one:?} {other:?}");
        assert!(
            [one, other].iter().any(|outcome| matches!(outcome, Err(OperationError::Other(UserConflict::LastStaff))))
        );
        enable_user(&call, &ann.id).await.unwrap();
        enable_user(&call, &bob.id).await.unwrap();
    }
}

async fn lists_are_the_newest_first_and_read_in_pages(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let mut ids = Vec::new();
    for number in 0..7_i64 {
        // Some at the same moment.
        house.clock.set(noon() + (number / 2).minutes());
        let role = if number % 2 == 0 { Role::Member } else { Role::Implementer };
        ids.push(house.invited(&bed, &format!("u{number}@x.org"), role).await.record.id);
    }
    house.invited(&bed, "staff@x.org", Role::Staff).await;
    let (staff, owner) = (user(Role::Staff), user(Role::Owner));
    let list = async |caller: &Caller, filter, after: Option<&str>, limit| {
        list_users(&house.fixture.as_known(caller, &bed, noon()), filter, Paging { after, limit }).await
    };
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = list(&owner, UserFilter::default(), after.as_deref(), 3).await.unwrap();
        assert!(page.records.is_sorted_by(|one, next| (one.created_at, &one.id) > (next.created_at, &next.id)));
        seen.extend(page.records.into_iter().map(|record| record.id));
        after = page.end;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), &seen[0]), (7, &ids[6]));
    seen.sort();
    ids.sort();
    assert_eq!(seen, ids, "each once");
    assert_eq!(list(&staff, UserFilter::default(), None, 200).await.unwrap().records.len(), 8);
    let exact = list(&staff, UserFilter::default(), None, 8).await.unwrap();
    assert_eq!((exact.records.len(), exact.end), (8, None));

    disable_user(&house.fixture.call(&bed, noon()), &ids[0]).await.unwrap();
    let of_role = UserFilter { role: Some(Role::Implementer), ..UserFilter::default() };
    assert_eq!(list(&staff, of_role, None, 50).await.unwrap().records.len(), 3);
    let off = UserFilter { enabled: Some(false), ..UserFilter::default() };
    let off = list(&staff, off, None, 50).await.unwrap().records;
    assert_eq!(off.iter().map(|record| &record.id).collect::<Vec<_>>(), [&ids[0]]);
    let acme = label("acme");
    let on = UserFilter { enabled: Some(true), account: Some(&acme), ..UserFilter::default() };
    assert_eq!(list(&staff, on, None, 50).await.unwrap().records.len(), 6);
    for junk in ["", "x", "\0", "' OR 1=1 --", &"A".repeat(10_000)] {
        let refused = list(&staff, UserFilter::default(), Some(junk), 50).await;
        assert!(matches!(&refused, Err(OperationError::Invalid(_))), "{junk:?}: {refused:?}");
    }
}
