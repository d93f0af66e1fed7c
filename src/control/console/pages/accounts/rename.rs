//! `/accounts/{id}/rename`

use askama::Template;

use super::detail;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::account_page;
use crate::control::console::pages::url_params::AccountId;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Right, rename_account, show_account};
use crate::credential::Label;

#[derive(Template)]
#[template(path = "account_rename.html")]
struct Rename<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    name: Field,
    id: &'p Label,
    /// With the base path.
    page: String,
}

pub(super) async fn form(visit: Visit, AccountId(id): AccountId) -> Answer {
    visit.require(Right::GrantAccess)?;
    show(&visit, &id, Form::new(&visit)).await
}

async fn show(visit: &Visit, id: &Label, form: Form<'_>) -> Answer {
    let account = show_account(&visit.context(), id).await?;
    let mut form = form.revision(account.revision);
    let name = form.line("name", "accounts-name").autocomplete("organization");
    let name = name.value(account.name.clone().unwrap_or_default());
    let page = visit.url(&account_page(&account.id));
    let body = Rename { v: visit, form: &form, name, id: &account.id, page };
    visit.show(Page::new(visit.t("accounts-rename"), &body)?.form(&form))
}

pub(super) async fn rename(visit: Visit, AccountId(id): AccountId, posted: Posted) -> Answer {
    visit.require(Right::GrantAccess)?;
    let mut reader = posted.reader();
    let name = reader.optional("name");
    reader.finish()?;
    match rename_account(&visit.write(&posted), &id, name).await {
        Ok(account) => visit.done(&account_page(&id), "done-account-renamed", &detail::name(&account)),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let form = form.changed(visit.last_change("account", id.as_str()).await);
            show(&visit, &id, form).await
        }
    }
}
