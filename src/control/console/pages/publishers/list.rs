//! `/publishers`, and the buttons that disable and enable one.

use askama::Template;
use jiff::Timestamp;

use super::{LIST, Manager};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{page_of, with_query};
use crate::control::console::pages::url_params::{Id, query};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Paging, disable_publisher, enable_publisher, list_publishers};
use crate::control::web::problem::Problem;
use crate::credential::Label;
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
    /// With the base path.
    page: String,
    state: State,
    publisher: PublisherRecord,
    /// Of the form that enables or disables.
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
    let card = |publisher: PublisherRecord| Card {
        page: visit.url(&page_of(LIST, &publisher.id)),
        state: State::of(&publisher, visit.now),
        form: Form::new(visit).revision(publisher.revision),
        publisher,
    };
    let body = List {
        v: visit,
        cursor,
        unreadable: listing.unreadable.len(),
        cards: listing.records.into_iter().map(card).collect(),
        next: listing.end.as_deref().map(|cursor| visit.url(&path(cursor))),
    };
    visit.show(Page::new(visit.t("publishers-title"), &body)?.form(form))
}

fn path(cursor: &str) -> String {
    with_query(LIST, &[("cursor", cursor)])
}

async fn find(visit: &Visit, cursor: &str) -> Result<Listing<PublisherRecord>, Problem> {
    let paging = Paging { after: (!cursor.is_empty()).then_some(cursor), limit: PAGE_SIZE };
    Ok(list_publishers(&visit.context(), paging).await?)
}

pub(super) async fn disable(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    set_enabled(&visit, &id, &posted, false).await
}

pub(super) async fn enable(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    set_enabled(&visit, &id, &posted, true).await
}

/// Leads back to the page of the list that had the button.
async fn set_enabled(visit: &Visit, id: &Label, posted: &Posted, is_enabled: bool) -> Answer {
    let mut reader = posted.reader();
    let cursor = reader.text("cursor");
    reader.finish()?;
    let call = visit.write(posted);
    let (done, message) = match is_enabled {
        true => (enable_publisher(&call, id).await, "done-publisher-enabled"),
        false => (disable_publisher(&call, id).await, "done-publisher-disabled"),
    };
    match done {
        Ok(publisher) => visit.done(&path(cursor), message, &publisher.name),
        Err(error) => {
            let form = Form::refused(visit, posted, error.into())?;
            let form = form.changed(visit.last_change("publisher", id.as_str()).await);
            show(visit, &form, cursor, find(visit, cursor).await?)
        }
    }
}
