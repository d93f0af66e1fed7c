//! The table of rights, cell by cell.

use claviger::control::operations::{AccountScope, Caller, NotFound, OperationRefusal, Right};
use claviger::store::{Actor, ActorKind, Role};

use super::shell;
use crate::store::test_database::label;

/// Staff, owner, implementer, member.
const TABLE: [(Right, &str); 11] = [
    // webhooks (E1, E2): staff sees states; a member those of their own key
    (Right::SeeWebhooks, "xxxx"),
    (Right::ManageWebhooks, "-xxx"),
    // tokens of the API behind
    (Right::ManagePublishers, "x---"),
    // what one is a part of: nothing that the list names
    (Right::SeeAccount, "xxxx"),
    // ask for access (B2)
    (Right::AskForAccess, "-x--"),
    // decide (B3), create accounts, withdraw the grant
    (Right::GrantAccess, "x---"),
    // switch for the account (B5), member policy (B6)
    (Right::SwitchAccess, "-xx-"),
    // all of C and E for the account
    (Right::ManageCredentials, "xxx-"),
    // own key and webhooks (C12, E1, E2): a member's while B6 is on
    (Right::OwnKey, "-xxx"),
    // users and roles of the account
    (Right::ManageUsers, "xx--"),
    // audit of the account
    (Right::ReadAudit, "xx--"),
];

fn caller(kind: ActorKind, role: Role, account: Option<&str>) -> Caller {
    let actor = Actor { kind, id: "x".into(), request_id: None, address: None };
    Caller { actor, role, account: account.map(label), user: None }
}

/// As it should be with such a role.
fn usual(kind: ActorKind, role: Role) -> Caller {
    caller(kind, role, (role != Role::Staff).then_some("acme"))
}

#[test]
fn every_role_has_the_rights_of_the_table_only() {
    assert_eq!(Right::ALL.len(), TABLE.len(), "a right that the test does not cover");
    for (right, ticks) in TABLE {
        assert!(Right::ALL.contains(&right));
        let roles = [Role::Staff, Role::Owner, Role::Implementer, Role::Member];
        for (role, tick) in roles.into_iter().zip(ticks.chars()) {
            for kind in [ActorKind::User, ActorKind::Token] {
                let caller = usual(kind, role);
                assert_eq!(caller.may(right), tick == 'x', "{right:?} of {role} as {kind:?}");
                assert_eq!(caller.reach(right).is_ok(), tick == 'x', "{right:?} of {role} as {kind:?}");
            }
        }
    }
}

#[test]
fn the_shell_has_every_right_and_a_link_has_none() {
    for right in Right::ALL {
        assert_eq!(shell().reach(right), Ok(AccountScope::Every));
        for role in Role::ALL {
            assert!(usual(ActorKind::System, role).may(right));
            let link = usual(ActorKind::Link, role);
            let roles = Role::ALL.into_iter().filter(|role| right.is_of(*role)).collect();
            assert_eq!(link.reach(right), Err(OperationRefusal::Forbidden(roles)), "{right:?} of {role}");
        }
    }
}

#[test]
fn a_role_without_its_account_has_no_rights() {
    for right in Right::ALL {
        for kind in [ActorKind::User, ActorKind::Token] {
            assert!(!caller(kind, Role::Staff, Some("acme")).may(right), "staff of an account: {right:?}");
            for role in [Role::Owner, Role::Implementer, Role::Member] {
                assert!(!caller(kind, role, None).may(right), "{role} of no account: {right:?}");
            }
        }
    }
}

#[test]
fn owners_reach_their_account_and_staff_reach_all() {
    let (acme, globex) = (label("acme"), label("globex"));
    for role in [Role::Owner, Role::Implementer, Role::Member] {
        let caller = usual(ActorKind::User, role);
        let reach = caller.reach(Right::OwnKey).unwrap();
        assert_eq!((reach.check(&acme), reach.check(&globex)), (Ok(()), Err(NotFound("account").into())));
        assert!(reach.covers_owner(Some(&acme)) && !reach.covers_owner(Some(&globex)));
        assert!(!reach.covers_owner(None), "staff belong to no account");
        assert_eq!(reach.only(), Some(&acme));
    }
    let staff = usual(ActorKind::User, Role::Staff);
    let reach = staff.reach(Right::ManageUsers).unwrap();
    assert!(reach.check(&acme).is_ok() && reach.check(&globex).is_ok() && reach.covers_owner(None));
    assert_eq!(reach.only(), None);
}
