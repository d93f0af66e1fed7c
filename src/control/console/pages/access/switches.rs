//! The switches of an account: its API access, and keys of members.

use askama::Template;

use super::forms::{ALLOWED, NOT_ALLOWED, Refused};
use super::guard::Customer;
use super::show::show;
use crate::control::Sentence;
use crate::control::console::confirmation::{CONFIRM, Confirmation, Loss};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::webhooks::{stopping_of_account, stopping_of_credentials};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    AccountSummary, NotFound, OperationRefusal, Right, member_keys_in_use, set_access, set_member_policy, show_account,
    summarize_account,
};
use crate::control::web::problem::Problem;
use crate::credential::Label;
use crate::store::AccountRecord;

/// Confirms that webhooks of members stop, too.
const WEBHOOKS: &str = "webhooks";

#[derive(Template)]
#[template(path = "access_off.html")]
struct Off<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    summary: AccountSummary,
    /// A sentence.
    stopping_webhooks: Option<String>,
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
    let stopping_webhooks = stopping_of_account(visit, &account.id).await?;
    let body = Off { v: visit, form: &form, summary, stopping_webhooks };
    visit.show(Page::new(visit.t("access-off-title"), &body)?.form(&form))
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
            let problem = Problem::of_field("allowed", Sentence::Localized(visit.t("access-members-unfit")));
            return refused(&visit, &account.id, &posted, problem).await;
        }
    };
    if !is_allowed
        && let Some(asked) = losses(&visit, &account, posted.revision).await?
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

/// What stops with the keys of members. Nothing is asked about a stale form: the operation refuses it.
async fn losses(
    visit: &Visit,
    account: &AccountRecord,
    revision: Option<i64>,
) -> Result<Option<Confirmation>, Problem> {
    visit.require(Right::SwitchAccess)?;
    let keys = member_keys_in_use(&visit.context(), &account.id).await?;
    if keys.is_empty() || revision.is_some_and(|revision| revision != account.revision) {
        return Ok(None);
    }
    let mut losses = vec![Loss { word: NOT_ALLOWED, text: visit.tn("access-members-lose", &keys.len()) }];
    if let Some(text) = stopping_of_credentials(visit, &account.id, &keys).await? {
        losses.push(Loss { word: WEBHOOKS, text });
    }
    Ok(Confirmation::of(losses))
}

async fn refused(visit: &Visit, account: &Label, posted: &Posted, problem: Problem) -> Answer {
    let form = Form::refused(visit, posted, problem)?;
    let form = form.changed(visit.last_change("account", account.as_str()).await);
    show(visit, account, Some(Refused::Other(form))).await
}
