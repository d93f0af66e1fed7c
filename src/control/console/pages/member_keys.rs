//! Everyone with a key of their own, for those who manage the credentials of the account.

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::page_urls::{credential_page, page_of, with_query};
use super::url_params::{Id, label, query, word};
use super::webhooks;
use crate::control::Sentence;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::{Posted, Reader};
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

/// Which keys are listed; in the address of the list, and in the form that clears one of them.
struct Wanted<'p> {
    account: &'p str,
    user: &'p str,
    state: &'p str,
    cursor: &'p str,
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
    /// Its number of webhooks, in words; `None` where there are no webhooks at all.
    webhooks: Option<String>,
}

#[derive(Template)]
#[template(path = "management_clear.html")]
struct Clear<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    card: &'p Card,
    /// Where the webhooks that stop lead.
    webhooks: Vec<String>,
    /// The list to go back to.
    wanted: &'p Wanted<'p>,
    action: String,
    back: String,
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
    let wanted = Wanted::read(&mut reader);
    reader.finish()?;
    let (found, mut form) = match find(&visit, &wanted).await {
        Ok(found) => (found, Form::new(&visit)),
        Err(problem) => (Found::nothing(), Form::refused(&visit, &posted, problem)?),
    };
    let own_path = |state: &str, cursor: &str| visit.url(&Wanted { state, cursor, ..wanted }.appended_to(LIST));
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
    let next = found.listing.end.as_deref().map(|cursor| own_path(wanted.state, cursor));
    let mut fields = vec![form.line("user", "management-user").value(wanted.user)];
    if visit.standing.is_staff() {
        fields.push(form.line("account", "management-account").value(wanted.account));
    }
    let cards = Card::all(&visit, found.listing.records, &wanted).await?;
    let body = Management {
        v: &visit,
        fields,
        states,
        state: found.state,
        is_filtered: [wanted.account, wanted.user].iter().any(|text| !text.is_empty()),
        cards,
        unreadable: found.listing.unreadable.len(),
        is_first: wanted.cursor.is_empty(),
        first: own_path(wanted.state, ""),
        next,
    };
    visit.show(Page::new(visit.t("management-title"), &body)?.form(&form))
}

async fn find(visit: &Visit, wanted: &Wanted<'_>) -> Result<Found, Problem> {
    let Wanted { account, user, state, cursor } = *wanted;
    let mut invalid = Invalid::default();
    let account = label(&mut invalid, "account", account);
    let state = word(&mut invalid, "state", state, &STATES).unwrap_or(CredentialState::Enabled);
    if user.contains(char::is_control) {
        invalid.add("user", Sentence::NoControlCharacters);
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
    let cursor = (!cursor.is_empty()).then_some(cursor);
    let listing = list_credentials(&context, &search, cursor, PAGE_SIZE).await?;
    Ok(Found { listing, counts: count_credentials(&context, &search).await?, state })
}

async fn ask_to_clear(visit: Visit, Id(id): Id) -> Answer {
    require(&visit)?;
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let wanted = Wanted::read(&mut reader);
    reader.finish()?;
    let key = own_key_of(&visit, id.as_str()).await?;
    ask(&visit, Form::new(&visit), key, &wanted).await
}

async fn clear_key(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    require(&visit)?;
    let mut reader = posted.reader();
    let wanted = Wanted::read(&mut reader);
    reader.finish()?;
    let key = own_key_of(&visit, id.as_str()).await?;
    match clear(&visit.write(&posted), id.as_str()).await {
        Ok(_) => visit.done(&wanted.appended_to(LIST), "done-key-cleared", &Card::one(&visit, key).await?.title),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let form = form.changed(visit.last_change("credential", id.as_str()).await);
            ask(&visit, form, key, &wanted).await
        }
    }
}

async fn ask(visit: &Visit, form: Form<'_>, key: CredentialRecord, wanted: &Wanted<'_>) -> Answer {
    let form = form.revision(key.revision);
    let action = visit.url(&clear_page(&key.id));
    let card = Card::one(visit, key).await?;
    let webhooks = webhooks::stopping(visit, &card.key).await?;
    let back = visit.url(&wanted.appended_to(LIST));
    let body = Clear { v: visit, form: &form, card: &card, webhooks, wanted, action, back };
    visit.show(Page::new(visit.t("management-clear"), &body)?.form(&form))
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

impl<'p> Wanted<'p> {
    /// The first page of all keys that are enabled.
    const ALL: Self = Self { account: "", user: "", state: "", cursor: "" };

    fn read(reader: &mut Reader<'p>) -> Self {
        Self {
            account: reader.text("account"),
            user: reader.text("user"),
            state: reader.text("state"),
            cursor: reader.text("cursor"),
        }
    }

    /// The URL of the list, or of another page, which leads back to it.
    fn appended_to(&self, page: &str) -> String {
        with_query(page, &self.values())
    }

    fn values(&self) -> [(&'static str, &'p str); 4] {
        [("account", self.account), ("user", self.user), ("state", self.state), ("cursor", self.cursor)]
    }
}

impl Found {
    fn nothing() -> Self {
        let listing = Listing { records: Vec::new(), unreadable: Vec::new(), end: None };
        Self { listing, counts: StateCounts::default(), state: CredentialState::Enabled }
    }
}

impl Card {
    async fn all(visit: &Visit, keys: Vec<CredentialRecord>, wanted: &Wanted<'_>) -> Result<Vec<Self>, Problem> {
        let owners: Vec<&str> = keys.iter().filter_map(|key| key.owner.as_ref()).map(Label::as_str).collect();
        let users = visit.state.store.user_names(&owners).await?;
        let mut cards: Vec<Self> = keys.into_iter().map(|key| Self::new(visit, key, &users, wanted)).collect();
        if visit.standing.has_webhooks {
            let ids: Vec<&str> = cards.iter().map(|card| card.key.id.as_str()).collect();
            let counts = visit.state.store.webhooks_per_credential(&ids).await?;
            for card in &mut cards {
                let count = counts.get(card.key.id.as_str()).copied().unwrap_or_default();
                card.webhooks = Some(visit.tn("webhooks-count", &count));
            }
        }
        Ok(cards)
    }

    async fn one(visit: &Visit, key: CredentialRecord) -> Result<Self, Problem> {
        let owner = key.owner.as_ref().map_or("", Label::as_str);
        let users = visit.state.store.user_names(&[owner]).await?;
        Ok(Self::new(visit, key, &users, &Wanted::ALL))
    }

    /// `users`: id, name and e-mail address.
    fn new(
        visit: &Visit,
        key: CredentialRecord,
        users: &[(String, Option<String>, String)],
        wanted: &Wanted<'_>,
    ) -> Self {
        let owner = key.owner.as_ref().map_or("", Label::as_str);
        let (title, email) = match users.iter().find(|(id, ..)| id == owner) {
            Some((_, Some(name), email)) => (name.clone(), Some(email.clone())),
            Some((_, None, email)) => (email.clone(), None),
            None => (key.id.to_string(), None),
        };
        Self {
            href: visit.url(&wanted.appended_to(&clear_page(&key.id))),
            page: visit.url(&credential_page(key.id.as_str())),
            key,
            title,
            email,
            webhooks: None,
        }
    }
}
