//! Switching a user off.

use super::change::{ChangeUserError, find, write};
use crate::control::operations::{Call, Right};
use crate::credential::Label;
use crate::store::UserRecord;

/// Switches a user off: their sessions end, their links are worthless, and keys of their own are refused. Not by
/// themselves, and never the last of the staff.
///
/// # Errors
/// Nothing has happened then.
pub async fn disable_user(call: &Call<'_>, id: &Label) -> Result<UserRecord, ChangeUserError> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.store.begin(call.now).await?;
    let staff = transaction.enabled_staff().await?;
    let before = find(call, reach, &mut transaction, id).await?;
    if call.caller.user.as_ref() == Some(id) {
        return Err(ChangeUserError::Oneself);
    }
    // Somebody who cannot sign in is no replacement for somebody who can.
    let is_staff = staff.iter().any(|one| one.id == id.as_str());
    let is_replaced = |id: &Label| {
        let mut others = staff.iter().filter(|other| other.id != id.as_str());
        others.any(|other| other.has_password || before.password_hash.is_none())
    };
    if is_staff && !is_replaced(id) {
        return Err(ChangeUserError::LastStaff);
    }
    let mut after = UserRecord { enabled: false, ..before.clone() };
    if write(call, &mut transaction, "disable_user", &before, &mut after).await? {
        transaction.end_sessions_of(id, None).await?;
        transaction.void_setup_links(Some(id)).await?;
        transaction.commit().await?;
    }
    Ok(after)
}
