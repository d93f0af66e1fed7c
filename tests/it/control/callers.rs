//! People with a role.

use claviger::control::operations::{Caller, OperationContext};
use claviger::store::{Actor, ActorKind, Role};

use super::Fixture;
use crate::store::test_database::{TestDatabase, label, noon};

/// A user of the staff, `sam`.
pub fn staff() -> Caller {
    user("sam", Role::Staff, None)
}

/// A user of an account, named after their role.
pub fn of(account: &str, role: Role) -> Caller {
    user(role.as_str(), role, Some(account))
}

pub fn owner(account: &str) -> Caller {
    of(account, Role::Owner)
}

fn user(id: &str, role: Role, account: Option<&str>) -> Caller {
    let actor = Actor {
        kind: ActorKind::User,
        id: id.into(),
        request_id: Some("r-1".into()),
        address: Some("192.0.2.1".into()),
    };
    Caller { actor, role, account: account.map(label), user: Some(label(id)) }
}

/// Has the same done by one of every role, of the account `acme` where they are of one, and tells who could.
pub async fn who_can(bed: &TestDatabase, mut work: impl AsyncFnMut(OperationContext<'_>) -> bool) -> Vec<Role> {
    let fixture = Fixture::new();
    let mut could = Vec::new();
    for role in Role::ALL {
        let caller = if role == Role::Staff { staff() } else { of("acme", role) };
        if work(fixture.by(&caller, bed, noon())).await {
            could.push(role);
        }
    }
    could
}
