//! `/accounts`

use askama::Template;

use crate::control::Sentence;
use crate::control::console::form_field::Choice;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{account_page, with_query};
use crate::control::console::pages::url_params::query_of;
use crate::control::console::posted_form::Fields;
use crate::control::operations::{MAX_NAME_LENGTH, OperationError, Paging, Right, list_accounts};
use crate::control::web::problem::{Code, Problem};
use crate::store::{AccountFilter, AccountRecord, Listing};

const PAGE_SIZE: u32 = 50;
const LIST: &str = "/accounts";

/// The filter; in the query.
#[derive(Clone, Default)]
struct Wanted {
    part: String,
    granted: String,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct Accounts<'p> {
    v: &'p Visit,
    wanted: &'p Wanted,
    granted: Vec<Choice>,
    is_filtered: bool,
    cards: Vec<Card>,
    unreadable: usize,
    max_length: usize,
    /// The first page, where this is another.
    first: Option<String>,
    next: Option<String>,
}

struct Card {
    href: String,
    account: AccountRecord,
}

pub(super) async fn list(visit: Visit) -> Answer {
    visit.require(Right::GrantAccess)?;
    let wanted = Wanted::read(&visit.target)?;
    let filter = AccountFilter {
        only: None,
        part: (!wanted.part.is_empty()).then(|| wanted.part.clone()),
        granted: wanted.granted()?,
    };
    let paging = Paging { after: wanted.cursor.as_deref(), limit: PAGE_SIZE };
    let found = match list_accounts(&visit.context(), filter, paging).await {
        Ok(found) => found,
        // No account has such a text.
        Err(OperationError::Invalid(_)) => Listing { records: Vec::new(), unreadable: Vec::new(), end: None },
        Err(error) => return Err(error.into()),
    };
    let choice = |value: &str, message: &str| Choice {
        is_chosen: wanted.granted == value,
        ..Choice::new(value, visit.t(message))
    };
    let card = |account: AccountRecord| Card { href: visit.url(&account_page(&account.id)), account };
    let body = Accounts {
        v: &visit,
        wanted: &wanted,
        granted: vec![
            choice("", "accounts-granted-any"),
            choice("yes", "accounts-granted"),
            choice("no", "accounts-not-granted"),
        ],
        is_filtered: !wanted.part.is_empty() || !wanted.granted.is_empty(),
        cards: found.records.into_iter().map(card).collect(),
        unreadable: found.unreadable.len(),
        max_length: MAX_NAME_LENGTH,
        first: wanted.cursor.is_some().then(|| visit.url(&wanted.after(""))),
        next: found.end.map(|end| visit.url(&wanted.after(&end))),
    };
    visit.show(Page::new(visit.t("accounts-title"), &body)?)
}

impl Wanted {
    /// # Errors
    /// For a field or a word that the page does not have.
    fn read(target: &str) -> Result<Self, Problem> {
        let fields = Fields::parse(query_of(target))?;
        let mut reader = fields.reader();
        let wanted = Self {
            part: reader.text("part").to_owned(),
            granted: reader.text("granted").to_owned(),
            cursor: reader.optional("cursor"),
        };
        reader.finish()?;
        Ok(wanted)
    }

    fn granted(&self) -> Result<Option<bool>, Problem> {
        match self.granted.as_str() {
            "" => Ok(None),
            "yes" => Ok(Some(true)),
            "no" => Ok(Some(false)),
            _ => Err(Problem::new(Code::Malformed, Sentence::FilterGranted)),
        }
    }

    /// The page that begins behind the cursor; the first one for an empty cursor.
    fn after(&self, cursor: &str) -> String {
        with_query(LIST, &[("part", &self.part), ("granted", &self.granted), ("cursor", cursor)])
    }
}
