//! Whom people may add, change and see.

use claviger::control::operations::{
    Caller, EditUser, NewUser, NotFound, OperationError, OperationRefusal, Paging, Patch, create_setup_link,
    create_user, disable_user, edit_user, enable_user, list_users, show_user,
};
use claviger::control::views::UserView;
use claviger::store::{Role, UserFilter};
use jiff::ToSpan as _;

use super::is_invalid;
use super::people::{House, user, verbs};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    an_owner_adds_users_to_their_account_only,
    only_owners_and_staff_manage_users,
    an_owner_does_not_see_staff_nor_another_account,
    no_role_change_leads_into_or_out_of_staff,
);

fn new(role: Role, account: Option<&str>, email: &str) -> NewUser {
    NewUser { role, account: account.map(label), email: email.into(), name: Some("Ann".into()) }
}

async fn an_owner_adds_users_to_their_account_only(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let (house, owner) = (House::new(), user(Role::Owner));
    let add = async |new| {
        let made = create_user(&house.fixture.by(&owner, &bed, noon()), new).await;
        made.map(|made| made.fresh().unwrap())
    };
    for (role, email) in [(Role::Owner, "o@x.org"), (Role::Implementer, "i@x.org"), (Role::Member, "m@x.org")] {
        let created = add(new(role, Some("acme"), email)).await.unwrap();
        assert!(created.record.id.as_str().starts_with("usr_"), "{}", created.record.id);
        assert_eq!(created.link.unwrap().ends_at, noon() + 72.hours());
        assert_eq!(bed.store.user(created.record.id.as_str()).await.unwrap().unwrap(), created.record);
        assert_eq!(verbs(&bed, created.record.id.as_str()).await, ["create_user"]);
        assert!(!UserView::from(&created.record).has_password);
    }
    let before = bed.ask("SELECT COUNT(*) FROM users").await;
    let elsewhere = add(new(Role::Member, Some("globex"), "g@x.org")).await;
    assert!(matches!(elsewhere, Err(OperationError::Refused(OperationRefusal::NotFound(NotFound("account"))))));
    let nowhere = add(new(Role::Member, Some("nowhere"), "g@x.org")).await;
    assert!(matches!(nowhere, Err(OperationError::Refused(OperationRefusal::NotFound(NotFound("account"))))));
    for account in [None, Some("acme")] {
        let staff = add(new(Role::Staff, account, "s@x.org")).await;
        assert!(matches!(staff, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))), "{staff:?}");
    }
    assert_eq!(bed.ask("SELECT COUNT(*) FROM users").await, before);

    let staff = user(Role::Staff);
    let by_staff = async |new| create_user(&house.fixture.by(&staff, &bed, noon()), new).await;
    by_staff(new(Role::Staff, None, "s@x.org")).await.unwrap();
    by_staff(new(Role::Owner, Some("globex"), "g@x.org")).await.unwrap();
    let nowhere = by_staff(new(Role::Owner, Some("nowhere"), "n@x.org")).await;
    assert!(is_invalid(nowhere.as_ref().unwrap_err(), "account"), "{nowhere:?}");
}

async fn only_owners_and_staff_manage_users(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Member).await.record;
    for role in [Role::Implementer, Role::Member] {
        let caller = user(role);
        let call = house.fixture.by(&caller, &bed, noon());
        let created = create_user(&call, new(Role::Member, Some("acme"), "new@x.org")).await;
        assert!(matches!(created, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))));
        let listed = list_users(&call, UserFilter::default(), Paging::default()).await;
        assert!(matches!(listed, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))));
        assert!(matches!(
            show_user(&call, &ann.id).await,
            Err(OperationError::Refused(OperationRefusal::Forbidden(_)))
        ));
        let edited = edit_user(&call, &ann.id, EditUser::default()).await;
        assert!(matches!(edited, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))));
        for done in [disable_user(&call, &ann.id).await, enable_user(&call, &ann.id).await] {
            assert!(matches!(done, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))));
        }
        let link = create_setup_link(&call, &ann.id).await;
        assert!(matches!(link, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))));
    }
    assert_eq!(bed.store.user(ann.id.as_str()).await.unwrap().unwrap(), ann);
}

async fn an_owner_does_not_see_staff_nor_another_account(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Member).await.record;
    let staff = house.invited(&bed, "staff@x.org", Role::Staff).await.record;
    let owner = user(Role::Owner);
    let foreign = Caller { account: Some(label("globex")), ..user(Role::Owner) };
    for (caller, id) in [(&owner, &staff.id), (&foreign, &ann.id), (&owner, &label("usr_stranger"))] {
        let call = house.fixture.by(caller, &bed, noon());
        let shown = show_user(&call, id).await;
        assert!(
            matches!(shown, Err(OperationError::Refused(OperationRefusal::NotFound(NotFound("user"))))),
            "{shown:?}"
        );
        let edit = EditUser { name: Patch::Clear, ..EditUser::default() };
        let outcomes = [
            edit_user(&call, id, edit).await.map(drop),
            disable_user(&call, id).await.map(drop),
            enable_user(&call, id).await.map(drop),
            create_setup_link(&call, id).await.map(drop).map_err(OperationError::from),
        ];
        for outcome in outcomes {
            let is_hidden =
                matches!(outcome, Err(OperationError::Refused(OperationRefusal::NotFound(NotFound("user")))));
            assert!(is_hidden, "{outcome:?}");
        }
    }
    let call = house.fixture.by(&foreign, &bed, noon());
    let own = list_users(&call, UserFilter::default(), Paging::default()).await.unwrap().records;
    assert_eq!(own.iter().map(|user| &user.id).collect::<Vec<_>>(), [foreign.user.as_ref().unwrap()], "themselves");
    let acme = label("acme");
    let filter = UserFilter { account: Some(&acme), ..UserFilter::default() };
    let listed = list_users(&call, filter, Paging::default()).await;
    assert!(
        matches!(listed, Err(OperationError::Refused(OperationRefusal::NotFound(NotFound("account"))))),
        "{listed:?}"
    );
}

async fn no_role_change_leads_into_or_out_of_staff(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Owner).await.record;
    let staff = house.invited(&bed, "staff@x.org", Role::Staff).await.record;
    let role = |role| EditUser { role: Some(role), ..EditUser::default() };
    let call = house.fixture.call(&bed, noon());
    for (id, to) in [(&ann.id, Role::Staff), (&staff.id, Role::Owner)] {
        let refused = edit_user(&call, id, role(to)).await;
        assert!(matches!(&refused, Err(OperationError::Invalid(faults)) if faults.0[0].field == "role"), "{refused:?}");
    }
    let owner = user(Role::Owner);
    let refused = edit_user(&house.fixture.by(&owner, &bed, noon()), &ann.id, role(Role::Staff)).await;
    assert!(matches!(refused, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))), "{refused:?}");
}
