//! The switches of an account: its API access, and keys of members.

use askama::Template;

use super::forms::{ALLOWED, NOT_ALLOWED, Refused};
use super::guard::Customer;
use super::show::show;
use crate::control::console::confirmation::{CONFIRM, Confirmation, Loss};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    AccountSummary, NotFound, OperationRefusal, Right, set_access, set_member_policy, show_account, summarize_account,
};
use crate::control::web::problem::Problem;
use crate::credential::Label;
use crate::store::AccountRecord;

#[derive(Template)]
#[template(path = "access_off.html")]
struct Off<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    summary: AccountSummary,
}

pub(super) async fn on(Customer { visit, account }: Customer, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match set_access(&visit.write(&posted), &account.id, true).await {
        Ok(_) => visit.done("/access", "done-access-on", ""),
        Err(error) => refused(&visit, &account.id, &posted, error.into()).await,
    }
}

pub(super) async fn ask_off(Customer { visit, account }: Customer) -> Answer {
    visit.require(Right::SwitchAccess)?;
    // Before the grant there is no switch.
    if !account.granted {
        return Err(OperationRefusal::from(NotFound("page")).into());
    }
    show_off(&visit, &account.id, Form::new(&visit)).await
}

/// What will be refused, and the button.
async fn show_off(visit: &Visit, account: &Label, form: Form<'_>) -> Answer {
    let account = show_account(&visit.context(), account).await?;
    let form = form.revision(account.revision);
    let summary = summarize_account(&visit.context(), &account.id).await?;
    let page = Page::new(visit.t("access-off-title"), &Off { v: visit, form: &form, summary })?;
    visit.show(page.form(&form))
}

pub(super) async fn off(Customer { visit, account }: Customer, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match set_access(&visit.write(&posted), &account.id, false).await {
        Ok(_) => visit.done("/access", "done-access-off", ""),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let form = form.changed(visit.last_change("account", account.id.as_str()).await);
            show_off(&visit, &account.id, form).await
        }
    }
}

pub(super) async fn members(Customer { visit, account }: Customer, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (allowed, confirmed) = (reader.text("allowed"), reader.text(CONFIRM));
    reader.finish()?;
    let is_allowed = match allowed {
        ALLOWED => true,
        NOT_ALLOWED => false,
        _ => {
            visit.require(Right::SwitchAccess)?;
            let problem = Problem::of_field("allowed", visit.t("access-members-unfit"));
            return refused(&visit, &account.id, &posted, problem).await;
        }
    };
    if !is_allowed
        && let Some(asked) = loss(&visit, &account, posted.revision).await?
        && !asked.is_given(confirmed)
    {
        return show(&visit, &account.id, Some(Refused::Confirm(Form::again(&visit, &posted), asked))).await;
    }
    let done = if is_allowed { "done-access-members-allowed" } else { "done-access-members-not-allowed" };
    match set_member_policy(&visit.write(&posted), &account.id, is_allowed).await {
        Ok(_) => visit.done("/access", done, ""),
        Err(error) => refused(&visit, &account.id, &posted, error.into()).await,
    }
}

/// What members lose who may have keys now. An operation that finds the form stale says so first.
async fn loss(visit: &Visit, account: &AccountRecord, revision: Option<i64>) -> Result<Option<Confirmation>, Problem> {
    let is_current = revision.is_none_or(|revision| revision == account.revision);
    if !(account.granted && account.members_allowed && is_current) {
        return Ok(None);
    }
    visit.require(Right::SwitchAccess)?;
    let members = summarize_account(&visit.context(), &account.id).await?.people.members;
    let text = visit.tn("access-members-lose", &members);
    Ok(Confirmation::of(vec![Loss { word: NOT_ALLOWED, text }]))
}

async fn refused(visit: &Visit, account: &Label, posted: &Posted, problem: Problem) -> Answer {
    let form = Form::refused(visit, posted, problem)?;
    let form = form.changed(visit.last_change("account", account.as_str()).await);
    show(visit, account, Some(Refused::Other(form))).await
}
