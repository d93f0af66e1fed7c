//! Names that pages show instead of ids: of users, and of credentials.

use std::collections::BTreeMap;

use super::field_texts;
use crate::control::console::page_callers::Visit;
use crate::control::console::view::View;
use crate::control::web::problem::Problem;
use crate::store::{CredentialRecord, UserRecord};

/// The name, or else the e-mail address, of each of these ids that is a user's.
pub(in crate::control::console::pages) async fn people(
    visit: &Visit,
    ids: &[&str],
) -> Result<BTreeMap<String, String>, Problem> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let found = visit.state.store.user_names(&ids).await?;
    Ok(found.into_iter().map(|(id, name, email)| (id, name.unwrap_or(email))).collect())
}

/// What people call it: a key without a name of its own has that of its user.
pub(in crate::control::console::pages) async fn title(
    visit: &Visit,
    record: &CredentialRecord,
) -> Result<String, Problem> {
    let owner = match &record.owner {
        Some(owner) => visit.state.store.user(owner.as_str()).await?.map(name),
        None => None,
    };
    Ok(title_with(visit, record, owner.as_deref()))
}

/// The same where the name of its user is known.
pub(super) fn title_with(v: &View, record: &CredentialRecord, owner: Option<&str>) -> String {
    match (&record.name, owner) {
        (None, Some(owner)) => v.t1("credentials-own-key-of", "name", owner),
        _ => field_texts::title(record).to_owned(),
    }
}

fn name(user: UserRecord) -> String {
    user.name.unwrap_or(user.email)
}
