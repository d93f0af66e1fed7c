//! The buttons that pause a webhook and let it go on: on its page, in the list, and where its credential is shown.

use super::detail;
use super::guard::Manager;
use crate::control::console::page::Answer;
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::webhook_page;
use crate::control::console::pages::url_params::Id;
use crate::control::console::posted_form::Posted;
use crate::control::console::view::own_path;
use crate::control::operations::{pause_webhook, play_webhook};
use crate::credential::Label;

pub(super) async fn pause(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    switch(&visit, &id, &posted, false).await
}

pub(super) async fn play(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    switch(&visit, &id, &posted, true).await
}

/// Leads back to the page that had the button.
async fn switch(visit: &Visit, id: &Label, posted: &Posted, is_on: bool) -> Answer {
    let mut reader = posted.reader();
    let next = reader.text("next");
    reader.finish()?;
    let call = visit.write(posted);
    let (done, message) = match is_on {
        true => (play_webhook(&call, id.as_str()).await, "done-webhook-playing"),
        false => (pause_webhook(&call, id.as_str()).await, "done-webhook-paused"),
    };
    match done {
        Ok(webhook) => {
            let page = webhook_page(&webhook.id);
            visit.done(own_path(next).unwrap_or(&page), message, &webhook.url)
        }
        Err(error) => detail::refused(visit, posted, id, error.into()).await,
    }
}
