//! `/accounts/new`

use askama::Template;

use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::account_page;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{NewAccount, Right, create_account};
use crate::control::web::problem::{Code, Problem};
use crate::credential::Label;

#[derive(Template)]
#[template(path = "account_new.html")]
struct New<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    name: Field,
    id: Field,
}

pub(super) async fn form(visit: Visit) -> Answer {
    visit.require(Right::GrantAccess)?;
    show(&visit, Form::new(&visit))
}

fn show(visit: &Visit, mut form: Form<'_>) -> Answer {
    let name = form.line("name", "accounts-name").autocomplete("organization");
    let id = form.line("id", "accounts-id");
    visit.show(Page::new(visit.t("accounts-new"), &New { v: visit, form: &form, name, id })?.form(&form))
}

pub(super) async fn create(visit: Visit, posted: Posted) -> Answer {
    visit.require(Right::GrantAccess)?;
    let mut reader = posted.reader();
    let (name, id) = (reader.optional("name"), reader.optional("id"));
    reader.finish()?;
    let id = match id.map(|id| id.parse::<Label>()).transpose() {
        Ok(id) => id,
        Err(error) => {
            return show(&visit, Form::refused(&visit, &posted, Problem::of_field("id", error.into()))?);
        }
    };
    match create_account(&visit.write(&posted), NewAccount { id, name }).await {
        Ok(outcome) => match visit.fresh(outcome, "/accounts") {
            Ok(account) => {
                let name = account.name.clone().unwrap_or_else(|| account.id.to_string());
                visit.done(&account_page(&account.id), "done-account-created", &name)
            }
            Err(replayed) => Ok(*replayed),
        },
        Err(error) => {
            let problem = Problem::from(error);
            let is_taken = problem.code == Code::IdTaken;
            let form = Form::refused(&visit, &posted, problem)?;
            show(&visit, if is_taken { form.detail(visit.t("accounts-id-taken")).at("id") } else { form })
        }
    }
}
