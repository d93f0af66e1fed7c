//! How many webhooks stop with an account or a user, for pages that ask first. Those that are stopped already do not count.

use crate::control::console::page_callers::Visit;
use crate::control::operations::{MAX_PAGE_SIZE, Paging, WebhookSearch, list_webhooks};
use crate::control::web::problem::Problem;
use crate::credential::Label;
use crate::store::WebhookRecord;

/// A sentence; `None` where no webhook stops.
pub(in crate::control::console::pages) async fn stopping_of_account(
    visit: &Visit,
    account: &Label,
) -> Result<Option<String>, Problem> {
    Ok(sentence(visit, running(visit, of_account(account)).await?.len()))
}

/// The same for the webhooks of some credentials of the account.
pub(in crate::control::console::pages) async fn stopping_of_credentials(
    visit: &Visit,
    account: &Label,
    credentials: &[Label],
) -> Result<Option<String>, Problem> {
    let webhooks = running(visit, of_account(account)).await?;
    Ok(sentence(visit, webhooks.iter().filter(|webhook| credentials.contains(&webhook.credential)).count()))
}

/// The same for the webhooks of the own key of a user.
pub(in crate::control::console::pages) async fn stopping_of_user(
    visit: &Visit,
    user: &Label,
) -> Result<Option<String>, Problem> {
    let search = WebhookSearch { owner: Some(user.clone()), ..WebhookSearch::default() };
    Ok(sentence(visit, running(visit, search).await?.len()))
}

fn sentence(visit: &Visit, count: usize) -> Option<String> {
    (count > 0).then(|| visit.tn("webhooks-stop-count", &count))
}

fn of_account(account: &Label) -> WebhookSearch {
    WebhookSearch { account: Some(account.clone()), ..WebhookSearch::default() }
}

/// Empty for people who see no webhooks. One page has all: an account has at most 100.
async fn running(visit: &Visit, search: WebhookSearch) -> Result<Vec<WebhookRecord>, Problem> {
    if !visit.standing.sees_webhooks() {
        return Ok(Vec::new());
    }
    let paging = Paging { after: None, limit: MAX_PAGE_SIZE };
    let listed = list_webhooks(&visit.context(), &search, paging).await?.records;
    Ok(listed.into_iter().map(|listed| listed.webhook).filter(|webhook| webhook.stop.is_none()).collect())
}
