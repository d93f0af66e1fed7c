//! How much of what they have somebody may give to others.

use crate::control::operations::{AccountScope, Refusal};
use crate::credential::Label;
use crate::store::Role;

/// Whether somebody who reaches so far may give this role in this account. What fits together has been looked at
/// before: staff are of no account.
pub(in crate::control::operations) fn check_grant(
    reach: AccountScope<'_>,
    role: Role,
    account: Option<&Label>,
) -> Result<(), Refusal> {
    match (role, account) {
        (Role::Staff, _) | (_, None) if reach != AccountScope::Every => Err(Refusal::Forbidden),
        (_, Some(account)) => reach.of(account),
        (_, None) => Ok(()),
    }
}

/// As the API calls the field, what is wrong with the account of somebody with this role.
pub(in crate::control::operations) fn fault_of_account(role: Role, account: Option<&Label>) -> Option<&'static str> {
    match (role == Role::Staff, account.is_some()) {
        (true, true) => Some("must be left out: staff belong to no account"),
        (false, false) => Some("is needed: only staff belong to none"),
        (true, false) | (false, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::operations::NotFound;

    #[test]
    fn nobody_gives_more_than_they_have() {
        let (acme, globex): (Label, Label) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        let own = AccountScope::Only(&acme);
        for role in [Role::Owner, Role::Implementer, Role::Member] {
            assert_eq!(check_grant(own, role, Some(&acme)), Ok(()));
            assert_eq!(check_grant(own, role, Some(&globex)), Err(NotFound("account").into()));
            assert_eq!(check_grant(own, role, None), Err(Refusal::Forbidden));
            assert_eq!(check_grant(AccountScope::Every, role, Some(&globex)), Ok(()));
        }
        assert_eq!(check_grant(own, Role::Staff, None), Err(Refusal::Forbidden));
        assert_eq!(check_grant(own, Role::Staff, Some(&acme)), Err(Refusal::Forbidden));
        assert_eq!(check_grant(AccountScope::Every, Role::Staff, None), Ok(()));
    }
}
