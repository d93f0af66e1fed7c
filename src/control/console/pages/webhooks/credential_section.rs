//! The webhooks of a credential, for the pages that show it, and for those that ask before it stops.

use askama::Template;

use super::pause_button::PauseButton;
use super::state_badge::StateBadge;
use super::visible_url::visible_url;
use super::{LIST, event_choice};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{webhook_page, with_query};
use crate::control::operations::{MAX_PAGE_SIZE, Paging, Right, WebhookSearch, list_webhooks};
use crate::control::web::problem::Problem;
use crate::store::{CredentialRecord, ListedWebhook};

/// Written into the page of a credential.
pub(in crate::control::console::pages) struct WebhooksOfCredential {
    listed: Vec<ListedWebhook>,
}

#[derive(Template)]
#[template(path = "webhooks_of_credential.html")]
pub(in crate::control::console::pages) struct Part<'p> {
    v: &'p Visit,
    /// A message.
    heading: &'static str,
    lines: Vec<Line<'p>>,
    /// The page that creates one, for those who may.
    add: Option<String>,
}

struct Line<'p> {
    page: String,
    url: String,
    entity: String,
    operation: String,
    state: StateBadge,
    switch: Option<PauseButton<'p>>,
}

impl askama::filters::HtmlSafe for Part<'_> {}

impl WebhooksOfCredential {
    /// `None` for people who see no webhooks.
    pub(in crate::control::console::pages) async fn find(
        visit: &Visit,
        record: &CredentialRecord,
    ) -> Result<Option<Self>, Problem> {
        if !visit.standing.sees_webhooks() {
            return Ok(None);
        }
        let search = WebhookSearch { credential: Some(record.id.clone()), ..WebhookSearch::default() };
        let paging = Paging { after: None, limit: MAX_PAGE_SIZE };
        let listed = list_webhooks(&visit.context(), &search, paging).await?.records;
        Ok(Some(Self { listed }))
    }

    pub(in crate::control::console::pages) fn count(&self) -> usize {
        self.listed.len()
    }

    /// `next` is the page that shows it, without the base path.
    pub(in crate::control::console::pages) fn part<'p>(
        &'p self,
        visit: &'p Visit,
        record: &CredentialRecord,
        next: &str,
    ) -> Part<'p> {
        let is_of_other = record.owner.is_some() && record.owner != visit.caller().user;
        let may_add = visit.standing.may(Right::ManageWebhooks) && !is_of_other;
        let new = with_query(&format!("{LIST}/new"), &[("credential", record.id.as_str())]);
        Part {
            v: visit,
            heading: if record.owner.is_some() { "webhooks-of-user" } else { "webhooks-title" },
            lines: self.listed.iter().map(|listed| Line::new(visit, listed, next)).collect(),
            add: may_add.then(|| visit.url(&new)),
        }
    }
}

impl<'p> Line<'p> {
    fn new(visit: &'p Visit, listed: &'p ListedWebhook, next: &str) -> Self {
        let webhook = &listed.webhook;
        Self {
            page: visit.url(&webhook_page(&webhook.id)),
            url: visible_url(visit, webhook),
            entity: event_choice::entity(visit, &webhook.entity),
            operation: event_choice::operation(visit, &webhook.entity, &webhook.operation),
            state: StateBadge::of(visit, webhook),
            switch: PauseButton::new(visit, webhook, next),
        }
    }
}

/// Where the webhooks of a credential lead that stop with it, for a page that asks first.
pub(in crate::control::console::pages) async fn stopping(
    visit: &Visit,
    record: &CredentialRecord,
) -> Result<Vec<String>, Problem> {
    let found = WebhooksOfCredential::find(visit, record).await?;
    let listed = found.map(|found| found.listed).unwrap_or_default();
    let running = listed.iter().map(|listed| &listed.webhook).filter(|webhook| webhook.stop.is_none());
    Ok(running.map(|webhook| visible_url(visit, webhook)).collect())
}
