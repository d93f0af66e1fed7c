use jiff::Timestamp;

use crate::credential::{TokenDigest, TokenFormat};
use crate::store::{PublisherRecord, Store, StoreError};

/// The publisher with this token; `None` for one that is unknown, disabled or expired.
///
/// # Errors
/// A store that does not answer.
pub async fn publisher_of_token(
    store: &Store,
    presented: &str,
    now: Timestamp,
) -> Result<Option<PublisherRecord>, StoreError> {
    let format = TokenFormat::publisher();
    if !presented.starts_with(format.prefix()) || format.is_junk(presented.as_bytes()) {
        return Ok(None);
    }
    let found = store.publisher_by_digest(&TokenDigest::of(presented.as_bytes())).await?;
    let Some(publisher) = found.filter(|publisher| is_valid(publisher, now)) else { return Ok(None) };
    if let Err(error) = store.record_publisher_use(&publisher, now).await {
        tracing::debug!(%error, "the last use of a publisher is not recorded");
    }
    Ok(Some(publisher))
}

fn is_valid(publisher: &PublisherRecord, now: Timestamp) -> bool {
    publisher.enabled && publisher.expires_at.is_none_or(|end| now < end)
}
