//! Granting API access, and withdrawing it.

use askama::Template;

use super::detail::{name, show};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::account_page;
use crate::control::console::pages::url_params::AccountId;
use crate::control::console::pages::webhooks::stopping_of_account;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    AccountSummary, Right, grant_access, show_account, summarize_account, withdraw_access,
};
use crate::credential::Label;

#[derive(Template)]
#[template(path = "account_withdraw.html")]
struct Withdraw<'p> {
    v: &'p Visit,
    heading: &'p str,
    form: &'p Form<'p>,
    summary: AccountSummary,
    /// A sentence.
    stopping_webhooks: Option<String>,
    /// With the base path.
    page: String,
}

pub(super) async fn grant(visit: Visit, AccountId(id): AccountId, posted: Posted) -> Answer {
    visit.require(Right::GrantAccess)?;
    posted.reader().finish()?;
    match grant_access(&visit.write(&posted), &id).await {
        Ok(account) => visit.done(&account_page(&id), "done-account-granted", &name(&account)),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let form = form.changed(visit.last_change("account", id.as_str()).await);
            show(&visit, &id, form).await
        }
    }
}

pub(super) async fn ask_withdraw(visit: Visit, AccountId(id): AccountId) -> Answer {
    visit.require(Right::GrantAccess)?;
    show_withdraw(&visit, &id, Form::new(&visit)).await
}

/// What will be refused, and the button.
async fn show_withdraw(visit: &Visit, id: &Label, form: Form<'_>) -> Answer {
    let account = show_account(&visit.context(), id).await?;
    let form = form.revision(account.revision);
    let heading = visit.t1("accounts-withdraw-title", "name", &name(&account));
    let body = Withdraw {
        v: visit,
        heading: &heading,
        form: &form,
        summary: summarize_account(&visit.context(), &account.id).await?,
        stopping_webhooks: stopping_of_account(visit, &account.id).await?,
        page: visit.url(&account_page(&account.id)),
    };
    visit.show(Page::new(heading.clone(), &body)?.form(&form))
}

pub(super) async fn withdraw(visit: Visit, AccountId(id): AccountId, posted: Posted) -> Answer {
    visit.require(Right::GrantAccess)?;
    posted.reader().finish()?;
    match withdraw_access(&visit.write(&posted), &id).await {
        Ok(account) => visit.done(&account_page(&id), "done-account-withdrawn", &name(&account)),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let form = form.changed(visit.last_change("account", id.as_str()).await);
            show_withdraw(&visit, &id, form).await
        }
    }
}
