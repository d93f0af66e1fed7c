//! Names behind ids.

use std::collections::BTreeMap;

use crate::control::console::visit::Visit;
use crate::control::web::problem::Problem;

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
