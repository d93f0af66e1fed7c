//! Opens the transaction and checks in it that the caller is still what the request was authenticated as.

use jiff::Timestamp;

use super::{OperationContext, OperationError, OperationRefusal};
use crate::credential::Label;
use crate::store::{ActorKind, OperatorTokenRecord, Role, Transaction, UserRecord};

/// Role and account of an enabled caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActorState {
    pub(super) role: Role,
    pub(super) account: Option<Label>,
}

impl OperationContext<'_> {
    /// Opens a write transaction. The row of the caller stays locked until it ends.
    pub(super) async fn begin(&self) -> Result<Transaction, OperationError> {
        let transaction = self.store.begin(self.now).await?;
        self.check_caller(transaction).await
    }

    /// The same for an operation that only reads: it locks nothing.
    pub(super) async fn begin_read(&self) -> Result<Transaction, OperationError> {
        let transaction = self.store.begin_read(self.now).await?;
        self.check_caller(transaction).await
    }

    /// The same for an operation that changes a user: locks caller and user in one order, so that two operations that
    /// change each other's callers cannot deadlock.
    pub(super) async fn begin_with_user(&self, id: &Label) -> Result<Transaction, OperationError> {
        let mut transaction = self.store.begin(self.now).await?;
        transaction.lock_users([self.caller_id(ActorKind::User), id.as_str()]).await?;
        self.check_caller(transaction).await
    }

    /// The same for an operation that changes an operator token.
    pub(super) async fn begin_with_operator_token(&self, id: &Label) -> Result<Transaction, OperationError> {
        let mut transaction = self.store.begin(self.now).await?;
        transaction.lock_operator_tokens([self.caller_id(ActorKind::Token), id.as_str()]).await?;
        self.check_caller(transaction).await
    }

    async fn check_caller(&self, mut transaction: Transaction) -> Result<Transaction, OperationError> {
        let (actor, caller) = (self.actor(), self.caller);
        let state = match actor.kind {
            ActorKind::Shell | ActorKind::System => return Ok(transaction),
            ActorKind::User => transaction.user_for_share(&actor.id).await?.and_then(ActorState::of_user),
            ActorKind::Token => {
                let token = transaction.operator_token_for_share(&actor.id).await?;
                token.and_then(|token| ActorState::of_token(token, self.now))
            }
            ActorKind::Link | ActorKind::Credential => None,
        };
        let is_unchanged = state.is_some_and(|now| now.role == caller.role && now.account == caller.account);
        if is_unchanged { Ok(transaction) } else { Err(OperationRefusal::Revoked.into()) }
    }

    /// Id of the caller if it is of this kind, otherwise an id that no row has.
    fn caller_id(&self, kind: ActorKind) -> &str {
        let actor = self.actor();
        if actor.kind == kind { &actor.id } else { "" }
    }
}

impl ActorState {
    /// `None` for a disabled user.
    pub(super) fn of_user(user: UserRecord) -> Option<Self> {
        user.enabled.then_some(Self { role: user.role, account: user.account })
    }

    /// `None` for a token that is disabled or has expired.
    pub(super) fn of_token(token: OperatorTokenRecord, now: Timestamp) -> Option<Self> {
        let is_valid = token.enabled && token.expires_at.is_none_or(|end| now < end);
        is_valid.then_some(Self { role: token.role, account: token.account })
    }
}
