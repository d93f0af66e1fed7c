//! An access request, as pages of the account and of staff show it.

use askama::Template;

use super::page_urls::account_page;
use crate::control::console::page_callers::Visit;
use crate::control::console::view::View;
use crate::control::web::problem::Problem;
use crate::store::{AccessRequestRecord, ActorKind, RequestState, UseCase};

/// The words of the API for what an account needs access for, with their messages.
pub(super) const USE_CASES: [(&str, &str); 5] = [
    ("third_party_tool", "requests-use-third-party-tool"),
    ("data_extraction", "requests-use-data-extraction"),
    ("reporting", "requests-use-reporting"),
    ("integration", "requests-use-integration"),
    ("automation", "requests-use-automation"),
];

/// Written into a template as it is.
#[derive(Template)]
#[template(path = "request_facts.html")]
pub(super) struct RequestFacts<'p> {
    pub(super) v: &'p View,
    pub(super) request: &'p AccessRequestRecord,
    /// Of whoever may see the account's page.
    pub(super) account: Option<AccountLink>,
    pub(super) asked_by: String,
    pub(super) decided_by: Option<String>,
}

pub(super) struct AccountLink {
    pub(super) name: String,
    /// With the base path.
    pub(super) href: String,
}

impl askama::filters::HtmlSafe for RequestFacts<'_> {}

impl RequestFacts<'_> {
    fn uses(&self) -> String {
        uses(self.v, self.request)
    }

    fn start_on(&self) -> String {
        self.v.date(self.request.start_on)
    }

    fn state(&self) -> (&'static str, &'static str, String) {
        state(self.v, self.request.state)
    }

    /// The message before who has decided.
    fn decided(&self) -> &'static str {
        match self.request.state {
            RequestState::Pending | RequestState::Approved => "requests-approved-by",
            RequestState::Declined => "requests-declined-by",
            RequestState::Withdrawn => "requests-withdrawn-by",
        }
    }
}

/// In words, separated by commas.
pub(super) fn uses(v: &View, request: &AccessRequestRecord) -> String {
    let word = |case: &UseCase| match case {
        UseCase::Other(text) => text.clone(),
        case => {
            let word = case.to_string();
            USE_CASES.iter().find(|(own, _)| *own == word).map_or(word, |(_, message)| v.t(message))
        }
    };
    request.use_cases.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Class and sign of the badge, and the word.
pub(super) fn state(v: &View, state: RequestState) -> (&'static str, &'static str, String) {
    let (class, sign, message) = match state {
        RequestState::Pending => ("wait", "◔", "requests-state-pending"),
        RequestState::Approved => ("on", "✓", "requests-state-approved"),
        RequestState::Declined => ("off", "✕", "requests-state-declined"),
        RequestState::Withdrawn => ("off", "–", "requests-state-withdrawn"),
    };
    (class, sign, v.t(message))
}

/// The name of a user, or else their e-mail address; of all others the id.
async fn actor(visit: &Visit, kind: ActorKind, id: &str) -> Result<String, Problem> {
    let user = if kind == ActorKind::User { visit.state.store.user(id).await? } else { None };
    Ok(user.map_or_else(|| id.to_owned(), |user| user.name.unwrap_or(user.email)))
}

/// All facts, with the names behind ids. The account is named for staff, who have others beside it.
pub(super) async fn facts<'p>(visit: &'p Visit, request: &'p AccessRequestRecord) -> Result<RequestFacts<'p>, Problem> {
    let decided_by = match &request.decided_by {
        // An id is unique among all kinds of actors.
        Some(id) => Some(actor(visit, ActorKind::User, id).await?),
        None => None,
    };
    let account = if visit.standing.is_staff() {
        let name = visit.state.store.account(request.account.as_str()).await?.and_then(|account| account.name);
        let name = name.unwrap_or_else(|| request.account.to_string());
        Some(AccountLink { name, href: visit.url(&account_page(&request.account)) })
    } else {
        None
    };
    let asked_by = actor(visit, request.asked_by_kind, &request.asked_by).await?;
    Ok(RequestFacts { v: visit, request, account, asked_by, decided_by })
}
