//! Tokens of scripts, which call the management API.

use askama::Template;
use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;

use super::operator_token_urls::{LIST, Wanted, delete_page, disable_page};
use super::page_urls::page_of;
use super::url_params::{Id, day, label, query};
use crate::control::Sentence;
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    CreatedOperatorToken, Invalid, NewOperatorToken, Outcome, Paging, Right, create_operator_token,
    enable_operator_token, list_operator_tokens,
};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::{Listing, OperatorTokenRecord, Role};

const PAGE_SIZE: u32 = 25;
/// Preselected life of a new token.
const LIFE_DAYS: i64 = 90;

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Account,
    place: 50,
    label: "tokens-title",
    path: LIST,
    is_visible: |standing| standing.may(Right::ManageUsers),
    count: None,
}];

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route(LIST, get(list))
        .route("/operator-tokens/new", get(form).post(create))
        .route("/operator-tokens/{id}/enable", post(enable))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Active,
    Expired,
    Disabled,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct List<'p> {
    v: &'p Visit,
    /// Account, for staff.
    fields: Vec<Field>,
    is_filtered: bool,
    wanted: &'p Wanted<'p>,
    cards: Vec<Card<'p>>,
    /// Rows that cannot be read.
    unreadable: usize,
    is_first: bool,
    first: String,
    next: Option<String>,
}

struct Card<'p> {
    /// With the base path.
    page: String,
    state: State,
    token: OperatorTokenRecord,
    /// The pages that ask first.
    disable: String,
    delete: String,
    /// Of the form that enables.
    form: Form<'p>,
}

#[derive(Template)]
#[template(path = "token_new.html")]
struct New<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    name: Field,
    role: Field,
    /// For staff.
    account: Option<Field>,
    expires: Field,
}

#[derive(Template)]
#[template(path = "token_secret.html")]
struct Secret<'p> {
    v: &'p Visit,
    name: &'p str,
    secret: &'p str,
    next: String,
}

impl State {
    fn of(token: &OperatorTokenRecord, now: Timestamp) -> Self {
        match token {
            _ if !token.enabled => Self::Disabled,
            _ if token.expires_at.is_some_and(|end| end <= now) => Self::Expired,
            _ => Self::Active,
        }
    }
}

async fn list(visit: Visit) -> Answer {
    visit.require(Right::ManageUsers)?;
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let wanted = Wanted::read(&mut reader);
    reader.finish()?;
    let (listing, form) = match find(&visit, &wanted).await {
        Ok(listing) => (listing, Form::new(&visit)),
        Err(problem) => {
            let nothing = Listing { records: Vec::new(), unreadable: Vec::new(), end: None };
            (nothing, Form::refused(&visit, &posted, problem)?)
        }
    };
    show_list(&visit, form, &wanted, listing)
}

fn show_list(visit: &Visit, mut form: Form<'_>, wanted: &Wanted<'_>, listing: Listing<OperatorTokenRecord>) -> Answer {
    let fields = if visit.standing.is_staff() {
        vec![form.line("account", "tokens-account").value(wanted.account)]
    } else {
        Vec::new()
    };
    let card = |token: OperatorTokenRecord| Card {
        page: visit.url(&page_of(LIST, &token.id)),
        state: State::of(&token, visit.now),
        disable: visit.url(&wanted.appended_to(&disable_page(&token.id))),
        delete: visit.url(&wanted.appended_to(&delete_page(&token.id))),
        form: Form::new(visit).revision(token.revision),
        token,
    };
    let own_path = |cursor: &str| visit.url(&wanted.path(cursor));
    let (first, next) = (own_path(""), listing.end.as_deref().map(own_path));
    let body = List {
        v: visit,
        fields,
        is_filtered: !wanted.account.is_empty(),
        wanted,
        unreadable: listing.unreadable.len(),
        cards: listing.records.into_iter().map(card).collect(),
        is_first: wanted.cursor.is_empty(),
        first,
        next,
    };
    visit.show(Page::new(visit.t("tokens-title"), &body)?.form(&form))
}

async fn find(visit: &Visit, wanted: &Wanted<'_>) -> Result<Listing<OperatorTokenRecord>, Problem> {
    let mut invalid = Invalid::default();
    let account = label(&mut invalid, "account", wanted.account);
    invalid.into_result()?;
    let paging = Paging { after: (!wanted.cursor.is_empty()).then_some(wanted.cursor), limit: PAGE_SIZE };
    Ok(list_operator_tokens(&visit.context(), account.as_ref(), paging).await?)
}

async fn form(visit: Visit) -> Answer {
    visit.require(Right::ManageUsers)?;
    show(&visit, Form::new(&visit))
}

fn show(visit: &Visit, mut form: Form<'_>) -> Answer {
    let is_staff = visit.standing.is_staff();
    let name = form.line("name", "tokens-name").required();
    let roles = [Role::Owner, Role::Implementer, Role::Staff];
    let roles = roles.iter().filter(|role| is_staff || **role != Role::Staff);
    let roles = roles.map(|role| Choice::new(role.as_str(), visit.role(role))).collect();
    let role = form.radios("role", "tokens-role", roles).required();
    let account = is_staff.then(|| form.line("account", "tokens-account-new"));
    let end = jiff::Span::new().try_hours(24 * LIFE_DAYS).ok().and_then(|life| visit.now.checked_add(life).ok());
    let end = end.map(|end| end.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    let expires = form.date("expires_at", "tokens-expires").value(end);
    let body = New { v: visit, form: &form, name, role, account, expires };
    visit.show(Page::new(visit.t("tokens-new"), &body)?.form(&form))
}

async fn create(visit: Visit, posted: Posted) -> Answer {
    visit.require(Right::ManageUsers)?;
    let mut reader = posted.reader();
    let (name, role, expires) = (reader.text("name"), reader.text("role"), reader.text("expires_at"));
    let account = if visit.standing.is_staff() { reader.text("account") } else { "" };
    reader.finish()?;
    match create_from(&visit, &posted, [name, role, account, expires]).await {
        Ok(outcome) => match visit.fresh(outcome, LIST) {
            Ok(created) => reveal(&visit, &created),
            Err(response) => Ok(*response),
        },
        Err(problem) => show(&visit, Form::refused(&visit, &posted, problem)?),
    }
}

async fn create_from(
    visit: &Visit,
    posted: &Posted,
    [name, role, account, expires]: [&str; 4],
) -> Result<Outcome<CreatedOperatorToken>, Problem> {
    let mut invalid = Invalid::default();
    let role: Option<Role> = role.parse().ok();
    if role.is_none() {
        invalid.add("role", Sentence::NotChosen);
    }
    let account = label(&mut invalid, "account", account);
    let expires_at = day(&mut invalid, "expires_at", expires, 0);
    let (Some(role), true) = (role, invalid.0.is_empty()) else { return Err(invalid.into()) };
    let account = account.or_else(|| visit.caller().account.clone());
    let new = NewOperatorToken { name: name.to_owned(), role, account, expires_at };
    Ok(create_operator_token(&visit.write(posted), new).await?)
}

fn reveal(visit: &Visit, created: &CreatedOperatorToken) -> Answer {
    let (name, secret) = (created.record.name.as_str(), created.token.reveal());
    let body = Secret { v: visit, name, secret, next: visit.url(LIST) };
    visit.show(Page::new(visit.t("tokens-secret-title"), &body)?.secret(LIST.to_owned()))
}

/// Leads back to the page of the list that had the button.
async fn enable(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    visit.require(Right::ManageUsers)?;
    let mut reader = posted.reader();
    let wanted = Wanted::read(&mut reader);
    reader.finish()?;
    match enable_operator_token(&visit.write(&posted), &id).await {
        Ok(token) => visit.done(&wanted.path(wanted.cursor), "done-token-enabled", &token.name),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let form = form.changed(visit.last_change("operator_token", id.as_str()).await);
            show_list(&visit, form, &wanted, find(&visit, &wanted).await?)
        }
    }
}
