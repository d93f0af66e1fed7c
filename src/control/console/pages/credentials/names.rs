//! Names behind ids.

use std::collections::BTreeMap;

use crate::control::console::visit::Visit;
use crate::control::web::problem::Problem;
use crate::store::UserRecord;

/// The name, or else the e-mail address, of each of these ids that is a user's.
pub(super) async fn people(visit: &Visit, ids: &[&str]) -> Result<BTreeMap<String, String>, Problem> {
    let mut names = BTreeMap::new();
    for id in ids {
        if !names.contains_key(*id)
            && let Some(user) = visit.state.store.user(id).await?
        {
            names.insert((*id).to_owned(), name(user));
        }
    }
    Ok(names)
}

fn name(user: UserRecord) -> String {
    user.name.unwrap_or(user.email)
}
