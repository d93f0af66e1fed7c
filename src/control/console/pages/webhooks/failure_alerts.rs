//! Webhooks that fail, or were switched off: for the top of the list, and for the first page.

use askama::Template;

use super::LIST;
use super::state_badge::switches_off_at;
use super::visible_url::visible_url;
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{webhook_page, with_query};
use crate::control::operations::{Paging, WebhookSearch, list_webhooks};
use crate::control::web::problem::Problem;
use crate::store::{SwitchedOffWhy, WebhookRecord, WebhookState};

/// Of each kind.
const MAX_LINES: u32 = 3;

#[derive(Template)]
#[template(path = "webhook_alerts.html")]
pub(in crate::control::console::pages) struct Alerts<'p> {
    v: &'p Visit,
    lines: Vec<Line>,
    /// Addresses of the lists of those that have no line here.
    more: Vec<String>,
}

struct Line {
    text: String,
    url: String,
    href: String,
}

impl askama::filters::HtmlSafe for Alerts<'_> {}

impl<'p> Alerts<'p> {
    /// Empty for people who see no webhooks.
    pub(in crate::control::console::pages) async fn of(visit: &'p Visit) -> Result<Self, Problem> {
        let mut alerts = Self { v: visit, lines: Vec::new(), more: Vec::new() };
        if !visit.standing.sees_webhooks() {
            return Ok(alerts);
        }
        for state in [WebhookState::Failing, WebhookState::SwitchedOff] {
            let search = WebhookSearch { state: Some(state), ..WebhookSearch::default() };
            let found = list_webhooks(&visit.context(), &search, Paging { after: None, limit: MAX_LINES }).await?;
            alerts.lines.extend(found.records.iter().map(|listed| Line::new(visit, &listed.webhook)));
            if found.end.is_some() {
                alerts.more.push(visit.url(&with_query(LIST, &[("state", state.as_str())])));
            }
        }
        Ok(alerts)
    }
}

impl Line {
    fn new(visit: &Visit, webhook: &WebhookRecord) -> Self {
        Self {
            text: sentence(visit, webhook).unwrap_or_default(),
            url: visible_url(visit, webhook),
            href: visit.url(&webhook_page(&webhook.id)),
        }
    }
}

/// What happens, or has happened, to a webhook that fails. `None` where none of that is so.
pub(super) fn sentence(visit: &Visit, webhook: &WebhookRecord) -> Option<String> {
    if let Some(off) = webhook.switched_off {
        let message = match off.why {
            SwitchedOffWhy::Failures => "webhooks-was-switched-off",
            SwitchedOffWhy::Gone => "webhooks-was-switched-off-gone",
        };
        return Some(visit.t1(message, "time", &visit.date_and_time(&off.at)));
    }
    let (since, end) = (webhook.failing_since?, switches_off_at(webhook)?);
    let (since, end) = (visit.date_and_time(&since), visit.date_and_time(&end));
    Some(visit.t2("webhooks-will-be-switched-off", ("since", &since), ("end", &end)))
}
