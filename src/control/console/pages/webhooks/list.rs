//! `/webhooks`: cards, newest first, and a filter in the address.

use std::collections::BTreeMap;

use askama::Template;
use jiff::Timestamp;

use super::credential_choice::{self, CredentialLink, Offer, links};
use super::failure_alerts::Alerts;
use super::guard::Reader;
use super::pause_button::PauseButton;
use super::state_badge::StateBadge;
use super::visible_url::visible_url;
use super::{LIST, event_choice};
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{webhook_page, with_query};
use crate::control::console::pages::url_params::{label, query, word};
use crate::control::console::pages::webhooks::state_message;
use crate::control::operations::{Invalid, Paging, Right, WebhookSearch, list_webhooks};
use crate::control::web::problem::Problem;
use crate::credential::Label;
use crate::store::{ListedWebhook, Listing, WebhookState};

const PAGE_SIZE: u32 = 25;

#[derive(Template)]
#[template(path = "webhooks.html")]
struct List<'p> {
    v: &'p Visit,
    alerts: Alerts<'p>,
    fields: Vec<Field>,
    is_filtered: bool,
    cards: Vec<Card<'p>>,
    /// Rows that cannot be read.
    unreadable: usize,
    is_first: bool,
    first: String,
    next: Option<String>,
    may_add: bool,
}

struct Card<'p> {
    page: String,
    url: String,
    listed: &'p ListedWebhook,
    credential: Option<CredentialLink>,
    entity: String,
    operation: String,
    state: StateBadge,
    last_delivery_at: Option<Timestamp>,
    switch: Option<PauseButton<'p>>,
}

/// Empty texts do not filter.
struct Wanted<'p> {
    account: &'p str,
    credential: &'p str,
    state: &'p str,
}

impl Wanted<'_> {
    fn path(&self, cursor: &str) -> String {
        let values =
            [("account", self.account), ("credential", self.credential), ("state", self.state), ("cursor", cursor)];
        with_query(LIST, &values)
    }
}

pub(super) async fn list(Reader(visit): Reader) -> Answer {
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let wanted =
        Wanted { account: reader.text("account"), credential: reader.text("credential"), state: reader.text("state") };
    let cursor = reader.text("cursor");
    reader.finish()?;
    let (listing, mut form) = match find(&visit, &wanted, cursor).await {
        Ok(listing) => (listing, Form::new(&visit)),
        Err(problem) => {
            let nothing = Listing { records: Vec::new(), unreadable: Vec::new(), end: None };
            (nothing, Form::refused(&visit, &posted, problem)?)
        }
    };
    let fields = fields(&visit, &mut form, &wanted).await?;
    let ids: Vec<&Label> = listing.records.iter().map(|listed| &listed.webhook.credential).collect();
    let links = links(&visit, &ids).await?;
    let here = wanted.path(cursor);
    let body = List {
        v: &visit,
        alerts: Alerts::of(&visit).await?,
        fields,
        is_filtered: [wanted.account, wanted.credential, wanted.state].iter().any(|text| !text.is_empty()),
        cards: listing.records.iter().map(|listed| Card::new(&visit, listed, &links, &here)).collect(),
        unreadable: listing.unreadable.len(),
        is_first: cursor.is_empty(),
        first: visit.url(&wanted.path("")),
        next: listing.end.as_deref().map(|cursor| visit.url(&wanted.path(cursor))),
        may_add: visit.standing.may(Right::ManageWebhooks),
    };
    visit.show(Page::new(visit.t("webhooks-title"), &body)?.form(&form))
}

async fn find(visit: &Visit, wanted: &Wanted<'_>, cursor: &str) -> Result<Listing<ListedWebhook>, Problem> {
    let mut invalid = Invalid::default();
    let search = WebhookSearch {
        account: label(&mut invalid, "account", wanted.account),
        credential: label(&mut invalid, "credential", wanted.credential),
        owner: None,
        state: word(&mut invalid, "state", wanted.state, &WebhookState::ALL.map(|state| (state.as_str(), state))),
    };
    invalid.into_result()?;
    let paging = Paging { after: (!cursor.is_empty()).then_some(cursor), limit: PAGE_SIZE };
    Ok(list_webhooks(&visit.context(), &search, paging).await?)
}

/// Members have but one credential, and staff too many to choose from.
async fn fields(visit: &Visit, form: &mut Form<'_>, wanted: &Wanted<'_>) -> Result<Vec<Field>, Problem> {
    let states = WebhookState::ALL.into_iter().map(|state| Choice::new(state.as_str(), visit.t(state_message(state))));
    let states = std::iter::once(Choice::new("", visit.t("webhooks-all"))).chain(states).collect();
    let mut fields = Vec::new();
    if visit.standing.is_staff() {
        fields.push(form.line("account", "webhooks-account").value(wanted.account));
        fields.push(form.line("credential", "webhooks-credential").value(wanted.credential));
    } else if visit.standing.may(Right::ManageCredentials) {
        let offered = credential_choice::offered(visit, Offer::All).await?;
        let all = Some(visit.t("webhooks-all"));
        let field = credential_choice::field(visit, form, "webhooks-credential", offered.as_deref(), all).await?;
        fields.push(field.value(wanted.credential));
    }
    fields.push(form.select("state", "webhooks-state", states).value(wanted.state));
    Ok(fields)
}

impl<'p> Card<'p> {
    fn new(visit: &'p Visit, listed: &'p ListedWebhook, links: &BTreeMap<Label, CredentialLink>, here: &str) -> Self {
        let webhook = &listed.webhook;
        Self {
            page: visit.url(&webhook_page(&webhook.id)),
            url: visible_url(visit, webhook),
            credential: links.get(&webhook.credential).cloned(),
            entity: event_choice::entity(visit, &webhook.entity),
            operation: event_choice::operation(visit, &webhook.entity, &webhook.operation),
            state: StateBadge::of(visit, webhook),
            last_delivery_at: listed.last_delivery_at,
            switch: PauseButton::new(visit, webhook, here),
            listed,
        }
    }
}
