//! Decisions: about many requests, or about one.

use axum::extract::Path;

use super::detail;
use super::list::{self, Wanted, names};
use crate::control::Sentence;
use crate::control::console::form_state::Form;
use crate::control::console::page::Answer;
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::access_request_summary::state;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    AccessRequestConflict, Decision, NotDecidable, OperationError, Right, decide_requests,
};
use crate::control::web::problem::{Code, Problem};
use crate::store::AccessRequestRecord;

pub(super) async fn many(visit: Visit, posted: Posted) -> Answer {
    visit.require(Right::GrantAccess)?;
    let mut reader = posted.reader();
    let ids: Vec<String> = reader.many("ids").into_iter().map(str::to_owned).collect();
    let (button, reason) = (reader.text("decision"), reader.text("reason"));
    let wanted = Wanted::of(&mut reader)?;
    reader.finish()?;
    let decided = match (button, reason) {
        // Enter in the field presses the first button.
        ("approve", reason) if !reason.is_empty() => {
            Err(Problem::of_field("reason", Sentence::Localized(visit.t("requests-reason-of-approval"))))
        }
        ("approve", _) => decide(&visit, &posted, &ids, &Decision::Approve).await?,
        ("decline", reason) => decide(&visit, &posted, &ids, &Decision::Decline(reason.to_owned())).await?,
        _ => return Err(Problem::new(Code::Malformed, Sentence::FormDecision)),
    };
    match decided {
        Ok(records) => {
            let accounts: Vec<&str> = records.iter().map(|record| record.account.as_str()).collect();
            let names: Vec<String> = names(&visit, &accounts).await?.into_values().collect();
            let message = if button == "approve" { "done-requests-approved" } else { "done-requests-declined" };
            visit.done(&wanted.path(), message, &names.join(", "))
        }
        Err(mut problem) => {
            for fault in problem.fields.iter_mut().filter(|fault| fault.field == "ids") {
                fault.problem = Sentence::Localized(visit.t("requests-none-chosen"));
            }
            let form = Form::refused(&visit, &posted, problem)?;
            list::show(&visit, &wanted, form, &ids).await
        }
    }
}

pub(super) async fn approve(visit: Visit, Path(id): Path<String>, posted: Posted) -> Answer {
    posted.reader().finish()?;
    one(&visit, &id, &posted, Decision::Approve).await
}

pub(super) async fn decline(visit: Visit, Path(id): Path<String>, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let reason = reader.text("reason").to_owned();
    reader.finish()?;
    one(&visit, &id, &posted, Decision::Decline(reason)).await
}

async fn one(visit: &Visit, id: &str, posted: &Posted, decision: Decision) -> Answer {
    visit.require(Right::GrantAccess)?;
    let message = match decision {
        Decision::Approve => "done-requests-approved",
        Decision::Decline(_) => "done-requests-declined",
    };
    match decide(visit, posted, &[id.to_owned()], &decision).await? {
        Ok(records) => {
            let accounts: Vec<&str> = records.iter().map(|record| record.account.as_str()).collect();
            let names: Vec<String> = names(visit, &accounts).await?.into_values().collect();
            visit.done(&format!("/requests/{id}"), message, &names.join(", "))
        }
        Err(problem) => {
            let form = Form::refused(visit, posted, problem)?;
            let form = form.changed(visit.last_change("access_request", id).await);
            detail::show(visit, id, form).await
        }
    }
}

/// The requests, or what the form says about a refusal.
async fn decide(
    visit: &Visit,
    posted: &Posted,
    ids: &[String],
    decision: &Decision,
) -> Result<Result<Vec<AccessRequestRecord>, Problem>, Problem> {
    let error = match decide_requests(&visit.write(posted), ids, decision).await {
        Ok(records) => return Ok(Ok(records)),
        Err(error) => error,
    };
    let others = match &error {
        OperationError::Other(AccessRequestConflict::NotDecidable(others)) => others.clone(),
        _ => return Ok(Err(error.into())),
    };
    let mut problem = Problem::from(error);
    if problem.code != Code::NotFound {
        problem.detail = Sentence::Localized(undecidable(visit, &others).await?).into();
    }
    Ok(Err(problem))
}

/// Which requests do not wait, and that nothing was decided.
async fn undecidable(visit: &Visit, others: &[NotDecidable]) -> Result<String, Problem> {
    let mut lines = Vec::new();
    for NotDecidable { id, state: found } in others {
        let request = visit.state.store.access_request(id).await?;
        let (Some(request), Some(found)) = (request, found) else { continue };
        let name = names(visit, &[request.account.as_str()]).await?.into_values().next();
        let (_, _, word) = state(visit, *found);
        lines.push(format!("{} ({word})", name.unwrap_or_else(|| request.account.to_string())));
    }
    Ok(visit.t1("requests-not-pending", "requests", &lines.join(", ")))
}
