//! `/users`: cards, newest first, and a filter in the address.

use askama::Template;

use super::{LIST, State};
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{page_of, with_query};
use crate::control::console::pages::url_params::{label, query, word};
use crate::control::operations::{Invalid, Paging, Right, list_users};
use crate::control::web::problem::Problem;
use crate::store::{Listing, Role, UserFilter, UserRecord};

const PAGE_SIZE: u32 = 25;
const ROLES: [(&str, Role); 4] =
    [("owner", Role::Owner), ("implementer", Role::Implementer), ("member", Role::Member), ("staff", Role::Staff)];
const STATES: [(&str, bool); 2] = [("enabled", true), ("disabled", false)];

#[derive(Template)]
#[template(path = "users.html")]
struct List<'p> {
    v: &'p Visit,
    /// Account, for staff; role; state.
    fields: Vec<Field>,
    is_filtered: bool,
    cards: Vec<Card>,
    /// Rows that cannot be read.
    unreadable: usize,
    is_first: bool,
    first: String,
    next: Option<String>,
}

struct Card {
    href: String,
    state: State,
    user: UserRecord,
}

pub(super) async fn list(visit: Visit) -> Answer {
    visit.require(Right::ManageUsers)?;
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let (account, role, state) = (reader.text("account"), reader.text("role"), reader.text("state"));
    let cursor = reader.optional("cursor");
    reader.finish()?;
    let found = find(&visit, [account, role, state], cursor.as_deref()).await;
    let (listing, mut form) = match found {
        Ok(listing) => (listing, Form::new(&visit)),
        Err(problem) => {
            let nothing = Listing { records: Vec::new(), unreadable: Vec::new(), end: None };
            (nothing, Form::refused(&visit, &posted, problem)?)
        }
    };
    let values = [("account", account), ("role", role), ("state", state)];
    let own_path = |cursor: &str| {
        let [account, role, state] = values;
        visit.url(&with_query(LIST, &[account, role, state, ("cursor", cursor)]))
    };
    let (first, next) = (own_path(""), listing.end.as_deref().map(own_path));
    let fields = fields(&visit, &mut form, [account, role, state]);
    let card = |user: UserRecord| Card { href: visit.url(&page_of(LIST, &user.id)), state: State::of(&user), user };
    let body = List {
        v: &visit,
        fields,
        is_filtered: values.iter().any(|(_, value)| !value.is_empty()),
        unreadable: listing.unreadable.len(),
        cards: listing.records.into_iter().map(card).collect(),
        is_first: cursor.is_none(),
        first,
        next,
    };
    visit.show(Page::new(visit.t("users-title"), &body)?.form(&form))
}

async fn find(
    visit: &Visit,
    [account, role, state]: [&str; 3],
    cursor: Option<&str>,
) -> Result<Listing<UserRecord>, Problem> {
    let mut invalid = Invalid::default();
    let account = label(&mut invalid, "account", account);
    let role = word(&mut invalid, "role", role, &ROLES);
    let enabled = word(&mut invalid, "state", state, &STATES);
    invalid.into_result()?;
    let filter = UserFilter { account: account.as_ref(), role, enabled };
    Ok(list_users(&visit.context(), filter, Paging { after: cursor, limit: PAGE_SIZE }).await?)
}

fn fields(visit: &Visit, form: &mut Form<'_>, [account, role, state]: [&str; 3]) -> Vec<Field> {
    let any = || Choice::new("", visit.t("users-any"));
    let is_shown = |role: &Role| *role != Role::Staff || visit.standing.is_staff();
    let roles = ROLES.iter().filter(|(_, role)| is_shown(role));
    let roles = roles.map(|(word, role)| Choice::new(*word, visit.role(role)));
    let states =
        [any(), Choice::new("enabled", visit.t("users-enabled")), Choice::new("disabled", visit.t("users-disabled"))];
    let mut fields = Vec::new();
    if visit.standing.is_staff() {
        fields.push(form.line("account", "users-account").value(account));
    }
    fields.push(form.select("role", "users-role", std::iter::once(any()).chain(roles).collect()).value(role));
    fields.push(form.select("state", "users-state", states.into()).value(state));
    fields
}
