//! Starts the way of a secret to the contact: by a link in a mail, and a code in a text message.

use jiff::{SignedDuration, Timestamp};

use super::change::CredentialConflict;
use super::code_texts::queue_text;
use super::delivery_choice::contact_faults;
use crate::control::operations::{OperationContext, OperationError};
use crate::store::{CredentialRecord, NewMessage, NewReveal, OldStops, Purpose, SupersededBy, Transaction};

/// Of a link, where the settings have a lifetime that is out of range.
const DEFAULT_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// Sends a new link and a code to the contact of a locked credential. Earlier links end. Returns the record as it is
/// then.
pub(super) async fn start_delivery(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    record: &CredentialRecord,
    (old_stops, by): (OldStops, SupersededBy),
) -> Result<CredentialRecord, OperationError<CredentialConflict>> {
    let (email, mobile) = (record.contact_email.as_deref(), record.contact_mobile.as_deref());
    contact_faults(call, email, mobile).into_result()?;
    transaction.supersede_reveals(&[record.id.as_str()], by).await?;
    let lifetime = SignedDuration::try_from(call.terms.delivery.link).unwrap_or(DEFAULT_LIFETIME);
    let (author, email) = (call.caller_key(), email.unwrap_or_default());
    let new = NewReveal {
        credential: &record.id,
        email,
        mobile: mobile.unwrap_or_default(),
        locale: None,
        created_by: &author,
        ends_at: call.now.checked_add(lifetime).unwrap_or(Timestamp::MAX),
        old_stops,
    };
    let id = transaction.add_reveal(&new).await?;
    let mail = NewMessage {
        purpose: Purpose::RevealLink,
        target: &id,
        recipient: email,
        locale: None,
        created_by: &author,
        ends_at: new.ends_at,
    };
    transaction.enqueue(&mail).await?;
    if let Some(reveal) = transaction.newest_reveal(record.id.as_str()).await? {
        queue_text(call, transaction, record, &reveal).await?;
    }
    Ok(transaction.credential(record.id.as_str()).await?.unwrap_or_else(|| record.clone()))
}
