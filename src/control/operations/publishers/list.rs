use super::lock_and_audit::check_right;
use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal, Paging};
use crate::credential::Label;
use crate::store::{Listing, PublisherRecord};

/// All publishers, newest first.
///
/// # Errors
/// A refusal, or [`Invalid`](crate::control::operations::Invalid) for a cursor that is none.
pub async fn list_publishers(
    call: &OperationContext<'_>,
    paging: Paging<'_>,
) -> Result<Listing<PublisherRecord>, OperationError> {
    check_right(call)?;
    let after = paging.cursor()?;
    Ok(call.store.list_publishers(None, after.as_ref(), paging.page_size()).await?)
}

/// # Errors
/// A refusal, or [`NotFound`].
pub async fn show_publisher(call: &OperationContext<'_>, id: &Label) -> Result<PublisherRecord, OperationError> {
    check_right(call)?;
    let found = call.store.publisher(id.as_str()).await?;
    Ok(found.ok_or(OperationRefusal::from(NotFound("publisher")))?)
}
