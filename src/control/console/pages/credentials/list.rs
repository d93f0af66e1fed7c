//! `/credentials`: cards, newest first, and a filter in the address.

use std::collections::BTreeMap;

use askama::Template;
use jiff::Timestamp;

use super::delivery_status::Progress;
use super::display_names::{self, people};
use super::field_texts::{self, Badge};
use super::filter::{Chip, Filter};
use super::guard::Manager;
use super::paths::{LIST, clear_path, path_of};
use crate::control::console::form_field::Choice;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::view::View;
use crate::control::operations::{CredentialSearch, Right, count_credentials, list_credentials};
use crate::control::web::problem::Problem;
use crate::credential::{Credential, Label, StoredSecret};
use crate::store::{CredentialKind, CredentialRecord, CredentialState, StateCounts};

const PAGE_SIZE: u32 = 25;
/// Credentials of the file on the page.
const MAX_FILE_CARDS: usize = 50;

#[derive(Template)]
#[template(path = "credentials.html")]
struct List<'p> {
    v: &'p Visit,
    filter: &'p Filter,
    /// Age, state, kind.
    choices: [Vec<Choice>; 3],
    counts: Vec<Count>,
    chips: Vec<Chip>,
    cards: Vec<Card>,
    /// Rows that cannot be read.
    unreadable: usize,
    /// The first page, where this is another.
    first: Option<String>,
    next: Option<String>,
    file: Vec<FileCard>,
    more_in_file: usize,
    list: String,
    /// The account has its API access switched off.
    is_off: bool,
}

/// A state with its number, which is a link to the list of these.
struct Count {
    text: String,
    href: String,
    is_chosen: bool,
}

struct Card {
    href: String,
    /// The page that asks before it clears.
    clear: String,
    record: CredentialRecord,
    title: String,
    /// Where the title does not say it.
    username: Option<String>,
    /// Where the title does not say it.
    owner: Option<String>,
    badge: Badge,
    version: Option<String>,
    overlap_end: Option<Timestamp>,
    /// How its secret gets to the contact; `None` where none was sent.
    delivery: Option<Progress>,
    /// May be reset and duplicated.
    is_own: bool,
}

/// A credential of the credentials file.
struct FileCard {
    id: String,
    account: String,
    title: String,
    username: Option<String>,
    badge: Badge,
    version: Option<String>,
    expires_at: Option<Timestamp>,
}

pub(super) async fn list(Manager(visit): Manager) -> Answer {
    let filter = Filter::read(&visit.target)?;
    let context = visit.context();
    let search = filter.search();
    let (listing, counts) = match &search {
        Some(search) => (
            Some(list_credentials(&context, search, filter.cursor.as_deref(), PAGE_SIZE).await?),
            count_credentials(&context, search).await?,
        ),
        None => (None, StateCounts::default()),
    };
    let (records, unreadable, end) =
        listing.map(|found| (found.records, found.unreadable.len(), found.end)).unwrap_or_default();
    let owners: Vec<&str> = records.iter().filter_map(|record| record.owner.as_ref()).map(Label::as_str).collect();
    let owners = people(&visit, &owners).await?;
    let owner = owners.get(&filter.owner);
    let (file, more_in_file) = match &search {
        Some(search) if filter.cursor.is_none() && !filter.has_age() => file_cards(&visit, search).await?,
        _ => (Vec::new(), 0),
    };
    let body = List {
        v: &visit,
        filter: &filter,
        choices: [filter.created_choices(&visit), filter.state_choices(&visit), filter.kind_choices(&visit)],
        counts: state_counts(&visit, &filter, counts),
        chips: filter.chips(&visit, owner.map(String::as_str)),
        cards: records.into_iter().map(|record| Card::new(&visit, record, &owners)).collect(),
        unreadable,
        first: filter.cursor.is_some().then(|| visit.url(&filter.path(&[]))),
        next: end.map(|end| visit.url(&filter.path(&[("cursor", &end)]))),
        file,
        more_in_file,
        list: visit.url(LIST),
        is_off: visit.standing.account.as_ref().is_some_and(|account| !account.switched_on),
    };
    visit.show(Page::new(visit.t("credentials-title"), &body)?)
}

fn state_counts(v: &View, filter: &Filter, counts: StateCounts) -> Vec<Count> {
    let all = [
        ("enabled", counts.enabled, "credentials-count-enabled"),
        ("disabled", counts.disabled, "credentials-count-disabled"),
        ("expired", counts.expired, "credentials-count-expired"),
        ("waiting", counts.waiting, "credentials-count-waiting"),
        ("cleared", counts.cleared, "credentials-count-cleared"),
    ];
    let shown = all.into_iter().filter(|(word, count, _)| *count > 0 || filter.state == *word);
    let count = |(word, count, message): (&str, i64, &str)| Count {
        text: v.tn(message, &count),
        href: v.url(&filter.path(&[("state", word)])),
        is_chosen: filter.state == word,
    };
    shown.map(count).collect()
}

/// The matching credentials of the file that the caller may see, and how many more there are.
async fn file_cards(visit: &Visit, search: &CredentialSearch) -> Result<(Vec<FileCard>, usize), Problem> {
    let scope = visit.context().reach_granted(Right::ManageCredentials).await?;
    let is_visible =
        |credential: &&Credential| scope.covers(&credential.account.id) && matches(search, credential, visit);
    let mut found = visit.settings.file.iter().filter(is_visible);
    let cards = found.by_ref().take(MAX_FILE_CARDS).map(|credential| FileCard::new(visit, credential)).collect();
    Ok((cards, found.count()))
}

fn matches(search: &CredentialSearch, credential: &Credential, v: &View) -> bool {
    let is_expired = credential.expires_at.is_some_and(|end| end <= v.now);
    let kind = match &credential.secret {
        StoredSecret::Token(_) => CredentialKind::Token,
        StoredSecret::Password { .. } => CredentialKind::Password,
    };
    let state = match (credential.enabled, is_expired) {
        (false, _) => CredentialState::Disabled,
        (true, true) => CredentialState::Expired,
        (true, false) => CredentialState::Enabled,
    };
    let has_part = |part: &String| {
        let part = part.to_lowercase();
        let texts = [Some(credential.id.as_str()), credential.name.as_deref(), credential.username()];
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&part))
    };
    search.owner.is_none()
        && search.account.as_ref().is_none_or(|account| *account == credential.account.id)
        && search.kind.is_none_or(|wanted| wanted == kind)
        && search.state.is_none_or(|wanted| wanted == state)
        && search.part.as_ref().is_none_or(has_part)
}

impl Card {
    fn new(visit: &Visit, record: CredentialRecord, owners: &BTreeMap<String, String>) -> Self {
        let owner = record.owner.as_ref().map(Label::as_str);
        let owner = owner.map(|id| owners.get(id).map_or(id, String::as_str));
        let title = display_names::title_with(visit, &record, owner);
        let owner = owner.map(|owner| visit.t1("credentials-own-key-of", "name", owner));
        let path = visit.url(&path_of(&record.id));
        Self {
            clear: visit.url(&clear_path(&record)),
            href: path,
            username: record.username().filter(|username| *username != title).map(str::to_owned),
            owner: owner.filter(|owner| *owner != title),
            title,
            badge: Badge::of(&record, visit),
            version: field_texts::version(visit, record.version.as_ref()),
            overlap_end: field_texts::overlap_end(&record, visit.now),
            delivery: Progress::of(visit, &record),
            is_own: record.owner.is_some(),
            record,
        }
    }
}

impl FileCard {
    fn new(v: &View, credential: &Credential) -> Self {
        let is_expired = credential.expires_at.is_some_and(|end| end <= v.now);
        Self {
            id: credential.id.to_string(),
            account: credential.account.id.to_string(),
            title: credential.name.as_deref().unwrap_or(credential.id.as_str()).to_owned(),
            username: credential.username().map(str::to_owned),
            badge: Badge::new(v, false, credential.enabled, is_expired),
            version: field_texts::version(v, credential.version.as_ref()),
            expires_at: credential.expires_at,
        }
    }
}
