//! Beginning to write. Whoever asks is looked at once more, and stays what they are until the end.

use jiff::Timestamp;

use super::{OperationContext, Refusal};
use crate::credential::Label;
use crate::store::{ActorKind, OperatorTokenRecord, Role, StoreError, Transaction, UserRecord};

/// What somebody who is switched on is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActorState {
    pub(super) role: Role,
    pub(super) account: Option<Label>,
}

/// To be taken apart with `??`, as the errors of all operations can be made of both.
type Begun = Result<Result<Transaction, Refusal>, StoreError>;

impl OperationContext<'_> {
    /// Begins to write.
    pub(super) async fn begin(&self) -> Begun {
        let transaction = self.store.begin(self.now).await?;
        self.checked(transaction).await
    }

    /// Begins to change a user.
    pub(super) async fn begin_with_user(&self, id: &Label) -> Begun {
        let mut transaction = self.store.begin(self.now).await?;
        transaction.lock_users([self.id_of(ActorKind::User), id.as_str()]).await?;
        self.checked(transaction).await
    }

    /// Begins to change an operator token.
    pub(super) async fn begin_with_operator_token(&self, id: &Label) -> Begun {
        let mut transaction = self.store.begin(self.now).await?;
        transaction.lock_operator_tokens([self.id_of(ActorKind::Token), id.as_str()]).await?;
        self.checked(transaction).await
    }

    async fn checked(&self, mut transaction: Transaction) -> Begun {
        let (actor, caller) = (self.actor(), self.caller);
        let standing = match actor.kind {
            ActorKind::Shell | ActorKind::System => return Ok(Ok(transaction)),
            ActorKind::User => transaction.user_for_share(&actor.id).await?.and_then(ActorState::of_user),
            ActorKind::Token => {
                let token = transaction.operator_token_for_share(&actor.id).await?;
                token.and_then(|token| ActorState::of_token(token, self.now))
            }
            ActorKind::Link => None,
        };
        let is_same = standing.is_some_and(|now| now.role == caller.role && now.account == caller.account);
        Ok(if is_same { Ok(transaction) } else { Err(Refusal::Revoked) })
    }

    /// The caller's, if they are of this kind.
    fn id_of(&self, kind: ActorKind) -> &str {
        let actor = self.actor();
        if actor.kind == kind { &actor.id } else { "" }
    }
}

impl ActorState {
    /// What this user is, unless they are switched off.
    pub(super) fn of_user(user: UserRecord) -> Option<Self> {
        user.enabled.then_some(Self { role: user.role, account: user.account })
    }

    /// What this token is, unless it is switched off or has expired.
    pub(super) fn of_token(token: OperatorTokenRecord, now: Timestamp) -> Option<Self> {
        let counts = token.enabled && token.expires_at.is_none_or(|end| now < end);
        counts.then_some(Self { role: token.role, account: token.account })
    }
}
