//! The request for API access: the form, and the way back.

use axum::extract::Path;

use super::forms::Refused;
use super::guard::Customer;
use super::show::show;
use crate::control::Sentence;
use crate::control::console::form_state::Form;
use crate::control::console::page::Answer;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{NewAccessRequest, request_access, withdraw_request};
use crate::control::web::problem::Problem;
use crate::store::UseCase;

pub(super) async fn ask(Customer { visit, account }: Customer, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let start_on = reader.text("start_on").to_owned();
    let mut use_cases: Vec<String> = reader.many("use_cases").into_iter().map(str::to_owned).collect();
    let other = reader.optional("other").map(|text| format!("other: {text}"));
    let privacy_policy = reader.optional("privacy_policy");
    reader.finish()?;
    let is_other_unfit = other.as_ref().is_some_and(|other| other.parse::<UseCase>().is_err());
    use_cases.extend(other);
    let new = NewAccessRequest { account: account.id.clone(), start_on, use_cases, privacy_policy };
    let mut problem: Problem = match request_access(&visit.write(&posted), new).await {
        Ok(outcome) => {
            return match visit.fresh(outcome, "/access") {
                Ok(_) => visit.done("/access", "done-access-asked", ""),
                Err(replayed) => Ok(*replayed),
            };
        }
        Err(error) => error.into(),
    };
    // The operation has one list; the page has boxes and a line.
    for fault in problem.fields.iter_mut().filter(|fault| fault.field == "use_cases") {
        if is_other_unfit {
            fault.field = "other".into();
            fault.problem = Sentence::Localized(visit.t("access-other-unfit"));
        } else {
            fault.problem = Sentence::Localized(visit.t("access-uses-unfit"));
        }
    }
    let form = Form::refused(&visit, &posted, problem)?;
    show(&visit, &account.id, Some(Refused::Ask(form))).await
}

pub(super) async fn withdraw(Customer { visit, account }: Customer, Path(id): Path<String>, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match withdraw_request(&visit.write(&posted), &id).await {
        Ok(_) => visit.done("/access", "done-access-request-withdrawn", ""),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let form = form.changed(visit.last_change("access_request", &id).await);
            show(&visit, &account.id, Some(Refused::Other(form))).await
        }
    }
}
