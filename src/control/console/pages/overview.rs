//! The first page after signing in: how things stand, and the next step.

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::access_conditions::{Conditions, Subject};
use super::access_requests;
use super::own_key::StateBadge;
use super::page_urls::credential_page;
use super::webhooks::Alerts;
use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::operations::{
    CredentialSearch, Paging, Right, count_credentials, diagnose, list_access_requests, list_expiring,
    newest_request_status, own_key,
};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::{AccessRequestFilter, CredentialRecord, ExpiringCredential, RequestState, StateCounts};

/// Credentials that expire soon.
const MAX_EXPIRING: u32 = 10;

pub(super) const MENU: &[Entry] =
    &[Entry { section: Section::Api, place: 0, label: "overview-title", path: "/", is_visible: |_| true, count: None }];

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route("/", get(overview))
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'p> {
    v: &'p Visit,
    /// A message.
    lead: &'static str,
    /// Webhooks that fail.
    alerts: Alerts<'p>,
    /// For people of an account.
    access: Option<Access<'p>>,
    /// For those who manage credentials.
    credentials: Option<StateCounts>,
    expiring: Vec<Expiring>,
    /// For those who may have one.
    own_key: Option<OwnKey<'p>>,
}

struct Access<'p> {
    conditions: Conditions<'p>,
    /// The first run of an owner: nothing was asked for yet.
    may_ask: bool,
    /// A request of this person's account waits, and they may withdraw it.
    is_asked: bool,
    /// The newest request was declined: why.
    declined: Option<String>,
}

/// A credential that expires soon.
struct Expiring {
    credential: ExpiringCredential,
    href: String,
    /// Of its account, for staff.
    account: Option<String>,
}

struct OwnKey<'p> {
    badge: StateBadge<'p>,
    record: Option<CredentialRecord>,
}

async fn overview(visit: Visit) -> Answer {
    let lead = match &visit.standing.account {
        None => "overview-staff",
        Some(account) if !account.granted => "overview-not-granted",
        Some(account) if !account.switched_on => "overview-off",
        Some(_) => "overview-on",
    };
    let manages = visit.caller().may(Right::ManageCredentials) && visit.standing.is_granted();
    let context = visit.context();
    let (credentials, expiring) = if manages {
        let counts = count_credentials(&context, &CredentialSearch::default()).await?;
        (Some(counts), expiring(&visit).await?)
    } else {
        (None, Vec::new())
    };
    let own_key = if visit.standing.may_have_own_key() {
        let record = own_key(&context).await?;
        Some(OwnKey { badge: StateBadge::new(&visit, record.as_ref()), record })
    } else {
        None
    };
    let body = Overview {
        v: &visit,
        lead,
        alerts: Alerts::of(&visit).await?,
        access: access(&visit).await?,
        credentials,
        expiring,
        own_key,
    };
    visit.show(Page::new(visit.t("overview-title"), &body)?)
}

async fn access(visit: &Visit) -> Result<Option<Access<'_>>, Problem> {
    let (Some(account), Some(user)) = (&visit.standing.account, &visit.caller().user) else { return Ok(None) };
    let context = visit.context();
    let asks = visit.caller().may(Right::AskForAccess) && !account.granted;
    let newest = if asks {
        let filter = AccessRequestFilter { account: Some(account.id.clone()), state: None };
        list_access_requests(&context, filter, Paging { after: None, limit: 1 }).await?.records.into_iter().next()
    } else {
        None
    };
    let status = newest_request_status(&context, &account.id).await?.filter(|_| !account.granted);
    let is_asked = status.is_some_and(|status| status.state == RequestState::Pending);
    let subject = Subject { user: user.as_str(), account: Some(&account.id), is_asked };
    let steps = diagnose(&context, user.as_str()).await?;
    Ok(Some(Access {
        conditions: Conditions::new(visit, &steps, subject),
        may_ask: asks && !is_asked,
        is_asked: asks && is_asked,
        declined: newest.filter(|request| request.state == RequestState::Declined).and_then(|request| request.reason),
    }))
}

async fn expiring(visit: &Visit) -> Result<Vec<Expiring>, Problem> {
    let found = list_expiring(&visit.context(), MAX_EXPIRING).await?;
    let accounts: Vec<&str> = found.iter().map(|credential| credential.account.as_str()).collect();
    let names =
        if visit.standing.is_staff() { access_requests::names(visit, &accounts).await? } else { Default::default() };
    let line = |credential: ExpiringCredential| Expiring {
        href: visit.url(&credential_page(credential.id.as_str())),
        account: names.get(credential.account.as_str()).cloned(),
        credential,
    };
    Ok(found.into_iter().map(line).collect())
}

impl Expiring {
    fn title(&self) -> &str {
        let ExpiringCredential { id, name, username, .. } = &self.credential;
        name.as_deref().or(username.as_deref()).unwrap_or(id.as_str())
    }
}
