//! `/publishers`, and the button that enables one.

use askama::Template;
use jiff::Timestamp;

use super::{LIST, Manager, delete_page, disable_page, list_page};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{page_of, with_query};
use crate::control::console::pages::url_params::{Id, query};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Paging, enable_publisher, list_publishers};
use crate::control::web::problem::Problem;
use crate::store::{Listing, PublisherRecord};

const PAGE_SIZE: u32 = 25;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Active,
    Expired,
    Disabled,
}

#[derive(Template)]
#[template(path = "publishers.html")]
struct List<'p> {
    v: &'p Visit,
    /// Of the page; in its address, and in the forms of its cards.
    cursor: &'p str,
    cards: Vec<Card<'p>>,
    /// Rows that cannot be read.
    unreadable: usize,
    next: Option<String>,
}

struct Card<'p> {
    /// URLs of the pages that disable and delete, which lead back here, and of the form that enables.
    disable: String,
    delete: String,
    enable: String,
    state: State,
    publisher: PublisherRecord,
    /// That enables.
    form: Form<'p>,
}

impl State {
    fn of(publisher: &PublisherRecord, now: Timestamp) -> Self {
        match publisher {
            _ if !publisher.enabled => Self::Disabled,
            _ if publisher.expires_at.is_some_and(|end| end <= now) => Self::Expired,
            _ => Self::Active,
        }
    }
}

pub(super) async fn list(Manager(visit): Manager) -> Answer {
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let cursor = reader.text("cursor");
    reader.finish()?;
    let (listing, form) = match find(&visit, cursor).await {
        Ok(listing) => (listing, Form::new(&visit)),
        Err(problem) => {
            let nothing = Listing { records: Vec::new(), unreadable: Vec::new(), end: None };
            (nothing, Form::refused(&visit, &posted, problem)?)
        }
    };
    show(&visit, &form, cursor, listing)
}

fn show(visit: &Visit, form: &Form<'_>, cursor: &str, listing: Listing<PublisherRecord>) -> Answer {
    let with_cursor = |page: String| visit.url(&with_query(&page, &[("cursor", cursor)]));
    let card = |publisher: PublisherRecord| Card {
        disable: with_cursor(disable_page(&publisher.id)),
        delete: with_cursor(delete_page(&publisher.id)),
        enable: visit.url(&format!("{}/enable", page_of(LIST, &publisher.id))),
        state: State::of(&publisher, visit.now),
        form: Form::new(visit).revision(publisher.revision),
        publisher,
    };
    let body = List {
        v: visit,
        cursor,
        unreadable: listing.unreadable.len(),
        cards: listing.records.into_iter().map(card).collect(),
        next: listing.end.as_deref().map(|cursor| visit.url(&list_page(cursor))),
    };
    visit.show(Page::new(visit.t("publishers-title"), &body)?.form(form))
}

async fn find(visit: &Visit, cursor: &str) -> Result<Listing<PublisherRecord>, Problem> {
    let paging = Paging { after: (!cursor.is_empty()).then_some(cursor), limit: PAGE_SIZE };
    Ok(list_publishers(&visit.context(), paging).await?)
}

/// Leads back to the page of the list that had the button.
pub(super) async fn enable(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let cursor = reader.text("cursor");
    reader.finish()?;
    match enable_publisher(&visit.write(&posted), &id).await {
        Ok(publisher) => visit.done(&list_page(cursor), "done-publisher-enabled", &publisher.name),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let form = form.changed(visit.last_change("publisher", id.as_str()).await);
            show(&visit, &form, cursor, find(&visit, cursor).await?)
        }
    }
}
