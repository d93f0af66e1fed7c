//! Callers can grant only roles and accounts within their own scope.

use crate::control::Sentence;
use crate::control::operations::{AccountScope, OperationRefusal};
use crate::credential::Label;
use crate::store::Role;

/// Whether a caller with this reach may give this role in this account. [`account_fault`] has checked that the two fit
/// together.
pub(in crate::control::operations) fn check_grant(
    reach: AccountScope<'_>,
    role: Role,
    account: Option<&Label>,
) -> Result<(), OperationRefusal> {
    match (role, account) {
        (Role::Staff, _) | (_, None) if reach != AccountScope::Every => {
            Err(OperationRefusal::Forbidden(vec![Role::Staff]))
        }
        (_, Some(account)) => reach.check(account),
        (_, None) => Ok(()),
    }
}

/// What is wrong with the field `account` beside this role.
pub(in crate::control::operations) fn account_fault(role: Role, account: Option<&Label>) -> Option<Sentence> {
    match (role == Role::Staff, account.is_some()) {
        (true, true) => Some(Sentence::AccountOfStaff),
        (false, false) => Some(Sentence::AccountMissing),
        (true, false) | (false, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::operations::NotFound;

    #[test]
    fn a_caller_gives_no_more_than_it_has() {
        let (acme, globex): (Label, Label) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        let own = AccountScope::Only(&acme);
        for role in [Role::Owner, Role::Implementer, Role::Member] {
            assert_eq!(check_grant(own, role, Some(&acme)), Ok(()));
            assert_eq!(check_grant(own, role, Some(&globex)), Err(NotFound("account").into()));
            assert_eq!(check_grant(own, role, None), Err(OperationRefusal::Forbidden(vec![Role::Staff])));
            assert_eq!(check_grant(AccountScope::Every, role, Some(&globex)), Ok(()));
        }
        assert_eq!(check_grant(own, Role::Staff, None), Err(OperationRefusal::Forbidden(vec![Role::Staff])));
        assert_eq!(check_grant(own, Role::Staff, Some(&acme)), Err(OperationRefusal::Forbidden(vec![Role::Staff])));
        assert_eq!(check_grant(AccountScope::Every, Role::Staff, None), Ok(()));
    }
}
