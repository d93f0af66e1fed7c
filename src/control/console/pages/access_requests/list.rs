//! `/requests`: those that wait, the oldest first, with boxes to decide about many at once; and all others.

use std::collections::BTreeMap;

use askama::Template;

use crate::control::Sentence;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::access_request_summary::{state, uses};
use crate::control::console::pages::credentials::people;
use crate::control::console::pages::page_urls::{query_value, request_page};
use crate::control::console::pages::url_params::query_of;
use crate::control::console::posted_form::{Fields, Reader};
use crate::control::operations::{Paging, Right, list_access_requests};
use crate::control::web::problem::{Code, Problem};
use crate::credential::Label;
use crate::store::{AccessRequestFilter, AccessRequestRecord, RequestState};

const PAGE_SIZE: u32 = 50;
const LIST: &str = "/requests";

/// The word in the address, and its message; the first is the default.
const STATES: [(&str, Option<RequestState>, &str); 5] = [
    ("pending", Some(RequestState::Pending), "requests-state-pending"),
    ("approved", Some(RequestState::Approved), "requests-state-approved"),
    ("declined", Some(RequestState::Declined), "requests-state-declined"),
    ("withdrawn", Some(RequestState::Withdrawn), "requests-state-withdrawn"),
    ("all", None, "requests-state-all"),
];

/// Which requests; in the query.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    state: String,
    account: String,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "requests.html")]
struct Queue<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    states: Vec<StateLink>,
    /// The account that the list is limited to, and the list without it.
    account: Option<(String, String)>,
    cards: Vec<Card>,
    /// They wait: each has a box.
    is_pending: bool,
    /// For its fault.
    ids: Field,
    reason: Field,
    wanted: &'p Wanted,
    /// The first page, where this is another.
    first: Option<String>,
    unreadable: usize,
    next: Option<String>,
}

struct StateLink {
    label: String,
    href: String,
    is_chosen: bool,
}

struct Card {
    request: AccessRequestRecord,
    href: String,
    account: String,
    asked_by: String,
    start_on: String,
    uses: String,
    /// Class, sign, word.
    badge: (&'static str, &'static str, String),
    is_chosen: bool,
}

pub(super) async fn list(visit: Visit) -> Answer {
    visit.require(Right::GrantAccess)?;
    let wanted = Wanted::read(&visit.target)?;
    show(&visit, &wanted, Form::new(&visit), &[]).await
}

/// The page, with the requests that were chosen when a decision was refused.
pub(super) async fn show(visit: &Visit, wanted: &Wanted, mut form: Form<'_>, chosen: &[String]) -> Answer {
    let filter = AccessRequestFilter { account: wanted.account()?, state: wanted.state()? };
    let paging = Paging { after: wanted.cursor.as_deref(), limit: PAGE_SIZE };
    let found = list_access_requests(&visit.context(), filter, paging).await?;
    let accounts: Vec<&str> = found.records.iter().map(|record| record.account.as_str()).collect();
    let accounts = names(visit, &accounts).await?;
    let account = match wanted.account()? {
        None => None,
        Some(id) => {
            let known = names(visit, &[id.as_str()]).await?;
            let name = known.get(id.as_str()).cloned().unwrap_or_else(|| id.to_string());
            Some((name, visit.url(&Wanted { state: wanted.state.clone(), ..Wanted::default() }.path())))
        }
    };
    // An id is unique among all kinds of actors.
    let askers: Vec<&str> = found.records.iter().map(|record| record.asked_by.as_str()).collect();
    let askers = people(visit, &askers).await?;
    let card = |request: AccessRequestRecord| Card {
        href: visit.url(&request_page(&request.id)),
        account: accounts.get(request.account.as_str()).cloned().unwrap_or_else(|| request.account.to_string()),
        asked_by: askers.get(&request.asked_by).cloned().unwrap_or_else(|| request.asked_by.clone()),
        start_on: visit.date(request.start_on),
        uses: uses(visit, &request),
        badge: state(visit, request.state),
        is_chosen: chosen.iter().any(|id| id == request.id.as_str()),
        request,
    };
    let cards = found.records.into_iter().map(card).collect();
    let ids = form.checkboxes("ids", "requests-choose", Vec::new());
    let reason = form.line("reason", "requests-decline-reason");
    let link = |(word, _, message): &(&str, Option<RequestState>, &str)| StateLink {
        label: visit.t(message),
        href: visit.url(&Wanted { state: (*word).to_owned(), cursor: None, ..wanted.clone() }.path()),
        is_chosen: wanted.word() == *word,
    };
    let next = found.end.map(|end| visit.url(&Wanted { cursor: Some(end), ..wanted.clone() }.path()));
    let body = Queue {
        v: visit,
        form: &form,
        states: STATES.iter().map(link).collect(),
        account,
        is_pending: wanted.state()? == Some(RequestState::Pending),
        cards,
        ids,
        reason,
        wanted,
        first: wanted.cursor.is_some().then(|| visit.url(&Wanted { cursor: None, ..wanted.clone() }.path())),
        unreadable: found.unreadable.len(),
        next,
    };
    visit.show(Page::new(visit.t("requests-title"), &body)?.form(&form))
}

/// Names of accounts, or else their ids, by id.
pub(in crate::control::console::pages) async fn names(
    visit: &Visit,
    ids: &[&str],
) -> Result<BTreeMap<String, String>, Problem> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let found = visit.state.store.account_names(&ids).await?;
    Ok(found.into_iter().map(|(id, name)| (id.clone(), name.unwrap_or(id))).collect())
}

impl Wanted {
    /// # Errors
    /// For a field or a word that the page does not have.
    fn read(target: &str) -> Result<Self, Problem> {
        let fields = Fields::parse(query_of(target))?;
        let mut reader = fields.reader();
        let wanted = Self::of(&mut reader)?;
        reader.finish()?;
        Ok(wanted)
    }

    /// From the query, or from the form that decides: it leads back to the same list.
    ///
    /// # Errors
    /// For a word that the page does not have.
    pub(super) fn of(reader: &mut Reader<'_>) -> Result<Self, Problem> {
        let wanted = Self {
            state: reader.text("state").to_owned(),
            account: reader.text("account").to_owned(),
            cursor: reader.optional("cursor"),
        };
        wanted.state()?;
        wanted.account()?;
        Ok(wanted)
    }

    fn word(&self) -> &str {
        if self.state.is_empty() { STATES[0].0 } else { &self.state }
    }

    fn state(&self) -> Result<Option<RequestState>, Problem> {
        let found = STATES.iter().find(|(word, ..)| *word == self.word());
        found.map(|(_, state, _)| *state).ok_or_else(|| Problem::new(Code::Malformed, Sentence::FilterState))
    }

    fn account(&self) -> Result<Option<Label>, Problem> {
        let id = (!self.account.is_empty()).then(|| self.account.parse()).transpose();
        id.map_err(|_| Problem::new(Code::Malformed, Sentence::FilterAccount))
    }

    pub(super) fn path(&self) -> String {
        let mut query = Vec::new();
        if self.word() != STATES[0].0 {
            query.push(format!("state={}", self.state));
        }
        if !self.account.is_empty() {
            query.push(format!("account={}", query_value(&self.account)));
        }
        query.extend(self.cursor.iter().map(|cursor| format!("cursor={}", query_value(cursor))));
        if query.is_empty() { LIST.to_owned() } else { format!("{LIST}?{}", query.join("&")) }
    }
}
