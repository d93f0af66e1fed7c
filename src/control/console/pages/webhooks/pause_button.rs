//! The button that pauses a webhook, or lets it go on.

use askama::Template;

use crate::control::console::form_state::Form;
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::webhook_page;
use crate::control::operations::Right;
use crate::store::WebhookRecord;

/// With its form.
#[derive(Template)]
#[template(path = "webhook_pause_button.html")]
pub(super) struct PauseButton<'p> {
    v: &'p Visit,
    form: Form<'p>,
    /// Of the webhook, with the base path.
    page: String,
    url: &'p str,
    /// It is paused or switched off.
    is_off: bool,
    /// The page that has the button, without the base path.
    next: String,
}

impl askama::filters::HtmlSafe for PauseButton<'_> {}

impl<'p> PauseButton<'p> {
    /// `None` for those who change nothing. `next` is the page that has the button.
    pub(super) fn new(visit: &'p Visit, webhook: &'p WebhookRecord, next: &str) -> Option<Self> {
        visit.standing.may(Right::ManageWebhooks).then(|| Self {
            v: visit,
            form: Form::new(visit).revision(webhook.revision),
            page: visit.url(&webhook_page(&webhook.id)),
            url: &webhook.url,
            is_off: webhook.paused || webhook.switched_off.is_some(),
            next: next.to_owned(),
        })
    }
}
