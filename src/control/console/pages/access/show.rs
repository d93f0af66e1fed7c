//! `/access`

use askama::Template;

use super::forms::{ALLOWED, AskFields, NOT_ALLOWED, Refused, policy_choices};
use super::guard::Customer;
use crate::control::console::confirmation::Confirmation;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::access_conditions::{Conditions, Subject};
use crate::control::console::pages::access_request_summary::{RequestFacts, facts};
use crate::control::console::pages::page_urls::request_page;
use crate::control::operations::{
    Paging, RequestStatus, Right, diagnose, list_access_requests, newest_request_status, show_account,
};
use crate::control::web::problem::Problem;
use crate::credential::Label;
use crate::store::{AccessRequestFilter, AccessRequestRecord, AccountRecord, RequestState, Role};

#[derive(Template)]
#[template(path = "access.html")]
struct Access<'p> {
    v: &'p Visit,
    account: &'p AccountRecord,
    conditions: Conditions<'p>,
    request: Option<Request<'p>>,
    /// How the newest request stands, for those who may not read it.
    request_status: Option<String>,
    /// Where the person may ask now.
    ask: Option<(&'p Form<'p>, AskFields)>,
    /// An earlier request was declined or withdrawn.
    is_again: bool,
    switches: Option<Switches<'p>>,
    /// What the policy for members takes away.
    confirmation: Option<Confirmation>,
}

/// The newest request.
struct Request<'p> {
    facts: RequestFacts<'p>,
    href: String,
    /// To withdraw it, while it waits.
    form: Option<&'p Form<'p>>,
    action: String,
}

struct Switches<'p> {
    on: Form<'p>,
    policy: &'p Form<'p>,
    allowed: Field,
}

pub(super) async fn access(Customer { visit, account }: Customer) -> Answer {
    show(&visit, &account.id, None).await
}

/// The page, with a form that is shown again.
pub(super) async fn show(visit: &Visit, account: &Label, refused: Option<Refused<'_>>) -> Answer {
    let context = visit.context();
    let account = show_account(&context, account).await?;
    let request = newest_request(visit, &account).await?;
    let status = newest_request_status(&context, &account.id).await?.filter(|_| !account.granted);
    let is_pending = status.is_some_and(|status| status.state == RequestState::Pending);
    let user = visit.caller().user.as_ref().map_or("", Label::as_str);
    let steps = if user.is_empty() { Vec::new() } else { diagnose(&context, user).await? };
    let (ask, other, confirmation) = match refused {
        Some(Refused::Ask(form)) => (Some(form), None, None),
        Some(Refused::Other(form)) => (None, Some(form), None),
        Some(Refused::Confirm(form, confirmation)) => (None, Some(form), Some(confirmation)),
        None => (None, None, None),
    };
    let is_ask = ask.is_some();
    let (ask, other) = (ask.unwrap_or_else(|| Form::new(visit)), other.unwrap_or_else(|| Form::new(visit)));
    let mut ask = ask;
    let mut other = match &request {
        Some(request) if is_pending => other.revision(request.revision),
        _ => other.revision(account.revision),
    };
    let fields = AskFields::new(visit, &mut ask);
    let may_switch = visit.caller().may(Right::SwitchAccess) && account.granted;
    let policy = if account.members_allowed { ALLOWED } else { NOT_ALLOWED };
    let choices = policy_choices(visit);
    let allowed = may_switch.then(|| other.radios("allowed", "access-members", choices).value(policy));
    let shown = match &request {
        Some(record) => {
            let path = request_page(&record.id);
            Some(Request {
                facts: facts(visit, record).await?,
                href: visit.url(&path),
                form: is_pending.then_some(&other),
                action: visit.url(&format!("/access{path}/withdraw")),
            })
        }
        None => None,
    };
    let may_ask = visit.caller().may(Right::AskForAccess) && !account.granted && !is_pending;
    let body = Access {
        v: visit,
        conditions: Conditions::new(visit, &steps, Subject { user, account: Some(&account.id), is_asked: is_pending }),
        request_status: status.filter(|_| request.is_none()).and_then(|status| in_words(visit, status)),
        is_again: request.is_some(),
        request: shown,
        ask: may_ask.then_some((&ask, fields)),
        switches: allowed.map(|allowed| Switches {
            on: Form::new(visit).revision(account.revision),
            policy: &other,
            allowed,
        }),
        account: &account,
        confirmation,
    };
    let page = Page::new(visit.t("access-title"), &body)?;
    visit.show(page.form(if is_ask { &ask } else { &other }))
}

fn in_words(visit: &Visit, status: RequestStatus) -> Option<String> {
    let message = match status.state {
        RequestState::Pending => "access-request-waits",
        RequestState::Declined => "access-request-declined",
        RequestState::Withdrawn => "access-request-withdrawn",
        // Access was withdrawn since.
        RequestState::Approved => return None,
    };
    Some(visit.t2(message, ("date", &visit.date_of(&status.since)), ("owner", &visit.role(&Role::Owner))))
}

/// Until access is granted, the newest request of the account, for those who may ask.
async fn newest_request(visit: &Visit, account: &AccountRecord) -> Result<Option<AccessRequestRecord>, Problem> {
    if account.granted || !visit.caller().may(Right::AskForAccess) {
        return Ok(None);
    }
    let filter = AccessRequestFilter { account: Some(account.id.clone()), state: None };
    let newest = Paging { after: None, limit: 1 };
    Ok(list_access_requests(&visit.context(), filter, newest).await?.records.into_iter().next())
}
