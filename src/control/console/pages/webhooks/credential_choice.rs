//! Which credential a webhook belongs to: a choice where there are few, a name on links.

use std::collections::BTreeMap;

use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::credentials::title;
use crate::control::console::pages::page_urls::credential_page;
use crate::control::operations::{CredentialSearch, MAX_PAGE_SIZE, Right, list_credentials};
use crate::control::web::problem::Problem;
use crate::credential::Label;
use crate::store::CredentialRecord;

/// How pages name a credential.
#[derive(Debug, Clone)]
pub(super) struct CredentialLink {
    pub(super) title: String,
    /// With the base path.
    pub(super) href: String,
}

/// Whose credentials are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// All of the account.
    All,
    /// Not the keys of other people.
    Usable,
}

/// Links to these credentials, by their ids. Members have but their own key.
pub(super) async fn links(visit: &Visit, ids: &[&Label]) -> Result<BTreeMap<Label, CredentialLink>, Problem> {
    let mut links = BTreeMap::new();
    for &id in ids {
        if links.contains_key(id) {
            continue;
        }
        let link = if visit.standing.may(Right::ManageCredentials) {
            let record = visit.state.store.credential(id.as_str()).await?;
            let title = match &record {
                Some(record) => title(visit, record).await?,
                None => id.to_string(),
            };
            CredentialLink { title, href: visit.url(&credential_page(id.as_str())) }
        } else {
            CredentialLink { title: visit.t("own-key-title"), href: visit.url("/my-key") }
        };
        links.insert(id.clone(), link);
    }
    Ok(links)
}

/// The credentials that are offered, newest first; `None` where a choice would be too long.
pub(super) async fn offered(visit: &Visit, offer: Offer) -> Result<Option<Vec<CredentialRecord>>, Problem> {
    let listing = list_credentials(&visit.context(), &CredentialSearch::default(), None, MAX_PAGE_SIZE).await?;
    if listing.end.is_some() {
        return Ok(None);
    }
    let is_offered = |record: &CredentialRecord| {
        offer == Offer::All || record.owner.is_none() || record.owner == visit.caller().user
    };
    Ok(Some(listing.records.into_iter().filter(is_offered).collect()))
}

/// A choice among these; a line for the id where they are too many.
pub(super) async fn field(
    visit: &Visit,
    form: &mut Form<'_>,
    label: &str,
    offered: Option<&[CredentialRecord]>,
    none: Option<String>,
) -> Result<Field, Problem> {
    let Some(offered) = offered else { return Ok(form.line("credential", label)) };
    let mut choices: Vec<Choice> = none.into_iter().map(|text| Choice::new("", text)).collect();
    for record in offered {
        choices.push(Choice::new(record.id.as_str(), title(visit, record).await?));
    }
    Ok(form.select("credential", label, choices))
}
