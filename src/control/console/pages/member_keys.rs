//! Everyone with a key of their own, for those who manage the credentials of the account.

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::page_urls::{credential_page, page_of, with_query};
use super::url_params::{Id, label, query, word};
use crate::control::console::form::Form;
use crate::control::console::form_field::Field;
use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    CredentialSearch, Invalid, NotFound, Right, clear, count_credentials, list_credentials, show_credential,
};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::Label;
use crate::store::{CredentialKind, CredentialRecord, CredentialState, Listing, StateCounts};

const LIST: &str = "/api-management";
const PAGE_SIZE: u32 = 25;
const STATES: [(&str, CredentialState); 3] = [
    ("enabled", CredentialState::Enabled),
    ("disabled", CredentialState::Disabled),
    ("expired", CredentialState::Expired),
];

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Api,
    place: 30,
    label: "management-title",
    path: LIST,
    is_visible: |standing| standing.may(Right::ManageCredentials) && standing.is_granted(),
    count: None,
}];

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route(LIST, get(list)).route("/api-management/{id}/clear", get(ask_to_clear).post(clear_key))
}

#[derive(Template)]
#[template(path = "management.html")]
struct Management<'p> {
    v: &'p Visit,
    fields: Vec<Field>,
    /// Which keys, with their number.
    states: Vec<StateLink>,
    state: CredentialState,
    is_filtered: bool,
    cards: Vec<Card>,
    /// Rows that cannot be read.
    unreadable: usize,
    is_first: bool,
    first: String,
    next: Option<String>,
}

struct StateLink {
    href: String,
    text: String,
    is_chosen: bool,
}

struct Card {
    /// Of the page that asks again.
    href: String,
    /// Of the page of the key.
    page: String,
    key: CredentialRecord,
    /// Name of the user, or the address they sign in with.
    title: String,
    /// Where `title` is the name.
    email: Option<String>,
}

#[derive(Template)]
#[template(path = "management_clear.html")]
struct Clear<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    card: &'p Card,
}

struct Found {
    listing: Listing<CredentialRecord>,
    counts: StateCounts,
    state: CredentialState,
}

/// The page that asks before it clears this key.
pub(super) fn clear_page(id: &Label) -> String {
    format!("{}/clear", page_of(LIST, id))
}

async fn list(visit: Visit) -> Answer {
    require(&visit)?;
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let (account, user, state) = (reader.text("account"), reader.text("user"), reader.text("state"));
    let cursor = reader.optional("cursor");
    reader.finish()?;
    let (found, mut form) = match find(&visit, [account, user, state], cursor.as_deref()).await {
        Ok(found) => (found, Form::new(&visit)),
        Err(problem) => (Found::nothing(), Form::refused(&visit, &posted, problem)?),
    };
    let own_path = |state: &str, cursor: &str| {
        let values = [("account", account), ("user", user), ("state", state), ("cursor", cursor)];
        visit.url(&with_query(LIST, &values))
    };
    let counts = [
        ("enabled", CredentialState::Enabled, "management-count-enabled", found.counts.enabled),
        ("disabled", CredentialState::Disabled, "management-count-disabled", found.counts.disabled),
        ("expired", CredentialState::Expired, "management-count-expired", found.counts.expired),
    ];
    let link = |(word, state, message, count): (&str, CredentialState, &str, i64)| StateLink {
        href: own_path(word, ""),
        text: visit.tn(message, &count),
        is_chosen: state == found.state,
    };
    let states = counts.map(link).into();
    let next = found.listing.end.as_deref().map(|cursor| own_path(state, cursor));
    let mut fields = vec![form.line("user", "management-user").value(user)];
    if visit.standing.is_staff() {
        fields.push(form.line("account", "management-account").value(account));
    }
    let cards = Card::all(&visit, found.listing.records).await?;
    let body = Management {
        v: &visit,
        fields,
        states,
        state: found.state,
        is_filtered: [account, user].iter().any(|text| !text.is_empty()),
        cards,
        unreadable: found.listing.unreadable.len(),
        is_first: cursor.is_none(),
        first: own_path(state, ""),
        next,
    };
    visit.show(Page::new(visit.t("management-title"), &body)?.form(&form))
}

async fn find(visit: &Visit, [account, user, state]: [&str; 3], cursor: Option<&str>) -> Result<Found, Problem> {
    let mut invalid = Invalid::default();
    let account = label(&mut invalid, "account", account);
    let state = word(&mut invalid, "state", state, &STATES).unwrap_or(CredentialState::Enabled);
    if user.contains(char::is_control) {
        invalid.add("user", "must not hold control characters");
    }
    invalid.into_result()?;
    let search = CredentialSearch {
        account,
        owner_part: Some(user.to_owned()),
        state: Some(state),
        kind: Some(CredentialKind::Own),
        ..CredentialSearch::default()
    };
    let context = visit.context();
    let listing = list_credentials(&context, &search, cursor, PAGE_SIZE).await?;
    Ok(Found { listing, counts: count_credentials(&context, &search).await?, state })
}

async fn ask_to_clear(visit: Visit, Id(id): Id) -> Answer {
    require(&visit)?;
    let key = own_key_of(&visit, id.as_str()).await?;
    ask(&visit, Form::new(&visit), key).await
}

async fn clear_key(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    require(&visit)?;
    posted.reader().finish()?;
    let key = own_key_of(&visit, id.as_str()).await?;
    match clear(&visit.write(&posted), id.as_str()).await {
        Ok(_) => visit.done(LIST, "done-key-cleared", &Card::one(&visit, key).await?.title),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let form = form.changed(visit.last_change("credential", id.as_str()).await);
            ask(&visit, form, key).await
        }
    }
}

async fn ask(visit: &Visit, form: Form<'_>, key: CredentialRecord) -> Answer {
    let form = form.revision(key.revision);
    let card = Card::one(visit, key).await?;
    visit.show(Page::new(visit.t("management-clear"), &Clear { v: visit, form: &form, card: &card })?.form(&form))
}

/// Other credentials have pages of their own.
async fn own_key_of(visit: &Visit, id: &str) -> Result<CredentialRecord, Problem> {
    let record = show_credential(&visit.context(), id).await?;
    if record.owner.is_some() { Ok(record) } else { Err(NotFound("own key").into()) }
}

fn require(visit: &Visit) -> Result<(), Problem> {
    visit.require(Right::ManageCredentials)?;
    visit.require_visible(&MENU[0])
}

impl Found {
    fn nothing() -> Self {
        let listing = Listing { records: Vec::new(), unreadable: Vec::new(), end: None };
        Self { listing, counts: StateCounts::default(), state: CredentialState::Enabled }
    }
}

impl Card {
    async fn all(visit: &Visit, keys: Vec<CredentialRecord>) -> Result<Vec<Self>, Problem> {
        let owners: Vec<&str> = keys.iter().filter_map(|key| key.owner.as_ref()).map(Label::as_str).collect();
        let users = visit.state.store.user_names(&owners).await?;
        Ok(keys.into_iter().map(|key| Self::new(visit, key, &users)).collect())
    }

    async fn one(visit: &Visit, key: CredentialRecord) -> Result<Self, Problem> {
        let owner = key.owner.as_ref().map_or("", Label::as_str);
        let users = visit.state.store.user_names(&[owner]).await?;
        Ok(Self::new(visit, key, &users))
    }

    /// `users`: id, name and e-mail address.
    fn new(visit: &Visit, key: CredentialRecord, users: &[(String, Option<String>, String)]) -> Self {
        let owner = key.owner.as_ref().map_or("", Label::as_str);
        let (title, email) = match users.iter().find(|(id, ..)| id == owner) {
            Some((_, Some(name), email)) => (name.clone(), Some(email.clone())),
            Some((_, None, email)) => (email.clone(), None),
            None => (key.id.to_string(), None),
        };
        Self {
            href: visit.url(&clear_page(&key.id)),
            page: visit.url(&credential_page(key.id.as_str())),
            key,
            title,
            email,
        }
    }
}
