//! `/requests/{id}`: all of a request, for staff and for owners of its account.

use askama::Template;
use axum::extract::Path;

use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::access_conditions::{Conditions, Subject};
use crate::control::console::pages::access_request_summary::{RequestFacts, facts};
use crate::control::console::pages::page_urls::{query_value, request_page};
use crate::control::operations::{OperationError, Right, Step, diagnose, show_access_request};
use crate::control::web::problem::Problem;
use crate::store::{AccessRequestRecord, ActorKind, RequestState};

#[derive(Template)]
#[template(path = "request.html")]
struct Detail<'p> {
    v: &'p Visit,
    facts: RequestFacts<'p>,
    conditions: Option<Conditions<'p>>,
    form: &'p Form<'p>,
    /// For staff, while it waits.
    decide: Option<Decide>,
    /// For its account, while it waits.
    withdraw: Option<String>,
    audit: Option<String>,
    back: String,
}

struct Decide {
    reason: Field,
    approve: String,
    decline: String,
}

pub(super) async fn detail(visit: Visit, Path(id): Path<String>) -> Answer {
    show(&visit, &id, Form::new(&visit)).await
}

pub(super) async fn show(visit: &Visit, id: &str, form: Form<'_>) -> Answer {
    let request = show_access_request(&visit.context(), id).await?;
    let caller = visit.caller();
    let mut form = form.revision(request.revision);
    let is_pending = request.state == RequestState::Pending;
    let path = request_page(&request.id);
    let decide = (is_pending && caller.may(Right::GrantAccess)).then(|| Decide {
        reason: form.line("reason", "requests-decline-reason"),
        approve: visit.url(&format!("{path}/approve")),
        decline: visit.url(&format!("{path}/decline")),
    });
    let may_withdraw = is_pending && caller.may(Right::AskForAccess);
    let may_audit = caller.may(Right::ReadAudit);
    let steps = steps(visit, &request).await?;
    let subject = Subject { user: &request.asked_by, account: Some(&request.account), is_asked: is_pending };
    let body = Detail {
        v: visit,
        facts: facts(visit, &request).await?,
        conditions: steps.map(|steps| Conditions::new(visit, &steps, subject)),
        decide,
        withdraw: may_withdraw.then(|| visit.url(&format!("/access{path}/withdraw"))),
        audit: may_audit.then(|| visit.url(&format!("/audit?target={}", query_value(request.id.as_str())))),
        back: visit.url(if visit.standing.is_staff() { "/requests" } else { "/access" }),
        form: &form,
    };
    let account = visit.state.store.account(request.account.as_str()).await?.and_then(|account| account.name);
    let title = visit.t1("requests-of", "account", &account.unwrap_or_else(|| request.account.to_string()));
    visit.show(Page::new(title, &body)?.form(&form))
}

/// What the requester still needs; `None` where a script has asked, or they are no user any more.
async fn steps(visit: &Visit, request: &AccessRequestRecord) -> Result<Option<Vec<Step>>, Problem> {
    if request.asked_by_kind != ActorKind::User {
        return Ok(None);
    }
    match diagnose(&visit.context(), &request.asked_by).await {
        Ok(steps) => Ok(Some(steps)),
        Err(OperationError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
