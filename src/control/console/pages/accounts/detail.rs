//! `/accounts/{id}`

use askama::Template;

use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{account_page, of_account};
use crate::control::console::pages::url_params::AccountId;
use crate::control::operations::{AccountSummary, Right, show_account, summarize_account};
use crate::control::web::problem::Problem;
use crate::credential::Label;
use crate::store::{AccessRequestFilter, AccountRecord, RequestState};

#[derive(Template)]
#[template(path = "account.html")]
struct Detail<'p> {
    v: &'p Visit,
    account: &'p AccountRecord,
    title: &'p str,
    summary: AccountSummary,
    form: &'p Form<'p>,
    /// A request waits.
    is_asking: bool,
    links: Links,
}

/// With the base path.
struct Links {
    page: String,
    requests: String,
    credentials: String,
    /// `None` where there are no webhooks.
    webhooks: Option<String>,
    users: String,
    audit: String,
}

pub(super) async fn detail(visit: Visit, AccountId(id): AccountId) -> Answer {
    visit.require(Right::GrantAccess)?;
    show(&visit, &id, Form::new(&visit)).await
}

pub(super) async fn show(visit: &Visit, id: &Label, form: Form<'_>) -> Answer {
    let account = show_account(&visit.context(), id).await?;
    let form = form.revision(account.revision);
    let title = name(&account);
    let link = |list: &str| visit.url(&of_account(list, &account.id));
    let body = Detail {
        v: visit,
        title: &title,
        summary: summarize_account(&visit.context(), &account.id).await?,
        is_asking: is_asking(visit, &account.id).await?,
        links: Links {
            page: visit.url(&account_page(&account.id)),
            requests: link("/requests"),
            credentials: link("/credentials"),
            webhooks: visit.standing.has_webhooks.then(|| link("/webhooks")),
            users: link("/users"),
            audit: link("/audit"),
        },
        account: &account,
        form: &form,
    };
    visit.show(Page::new(title.clone(), &body)?.form(&form))
}

/// The name, or else the id.
pub(super) fn name(account: &AccountRecord) -> String {
    account.name.clone().unwrap_or_else(|| account.id.to_string())
}

async fn is_asking(visit: &Visit, account: &Label) -> Result<bool, Problem> {
    let filter = AccessRequestFilter { account: Some(account.clone()), state: Some(RequestState::Pending) };
    Ok(!visit.state.store.access_requests_after(None, &filter, 1).await?.records.is_empty())
}
