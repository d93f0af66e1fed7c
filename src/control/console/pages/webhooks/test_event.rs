//! `/webhooks/{id}/test`: the page of the webhook then shows what came of it.

use super::detail;
use super::guard::Manager;
use crate::control::console::page::Answer;
use crate::control::console::pages::page_urls::{webhook_page, with_query};
use crate::control::console::pages::url_params::Id;
use crate::control::console::posted_form::Posted;
use crate::control::operations::send_test_event;

pub(super) async fn send(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match send_test_event(&visit.write(&posted), id.as_str()).await {
        Ok(delivery) => {
            visit.state.webhook_wake.notify_one();
            visit.done(&with_query(&webhook_page(&id), &[("test", &delivery)]), "done-webhook-tested", "")
        }
        Err(error) => detail::refused(&visit, &posted, &id, error.into()).await,
    }
}
