//! Whose operator token it is.

use super::context::SignInContext;
use crate::control::operations::Caller;
use crate::credential::{TokenDigest, TokenFormat};
use crate::store::{ActorKind, StoreError};

/// The script that holds this operator token; nobody where it is unknown, switched off or has expired.
///
/// # Errors
/// When the database cannot be asked.
pub async fn caller_of_token(at: &SignInContext<'_>, presented: &str) -> Result<Option<Caller>, StoreError> {
    let format = TokenFormat::operator();
    if !presented.starts_with(format.prefix()) || format.is_junk(presented.as_bytes()) {
        return Ok(None);
    }
    let now = at.clock.now();
    let found = at.store.operator_token_by_digest(&TokenDigest::of(presented.as_bytes())).await?;
    let counts = found.filter(|token| token.enabled && token.expires_at.is_none_or(|end| now < end));
    let Some(token) = counts else { return Ok(None) };
    if let Err(error) = at.store.record_operator_token_use(&token, now).await {
        tracing::debug!(%error, "when an operator token was used is not written");
    }
    Ok(Some(at.caller(ActorKind::Token, &token.id, token.role, token.account.as_ref())))
}
