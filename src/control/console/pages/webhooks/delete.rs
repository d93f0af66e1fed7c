//! `/webhooks/{id}/delete`

use askama::Template;

use super::LIST;
use super::guard::Manager;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::webhook_page;
use crate::control::console::pages::url_params::Id;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{delete_webhook, show_webhook};
use crate::control::web::problem::Problem;
use crate::store::WebhookRecord;

#[derive(Template)]
#[template(path = "webhook_delete.html")]
struct Delete<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    webhook: &'p WebhookRecord,
    page: String,
}

pub(super) async fn ask(Manager(visit): Manager, Id(id): Id) -> Answer {
    let webhook = show_webhook(&visit.context(), id.as_str()).await?;
    show(&visit, Form::new(&visit), &webhook)
}

fn show(visit: &Visit, form: Form<'_>, webhook: &WebhookRecord) -> Answer {
    let form = form.revision(webhook.revision);
    let page = visit.url(&webhook_page(&webhook.id));
    visit.show(Page::new(visit.t("webhooks-delete"), &Delete { v: visit, form: &form, webhook, page })?.form(&form))
}

pub(super) async fn delete(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match delete_webhook(&visit.write(&posted), id.as_str()).await {
        Ok(webhook) => visit.done(LIST, "done-webhook-deleted", &webhook.url),
        Err(error) => {
            let form = Form::refused(&visit, &posted, Problem::from(error))?;
            let webhook = show_webhook(&visit.context(), id.as_str()).await?;
            show(&visit, form.changed(visit.last_change("webhook", id.as_str()).await), &webhook)
        }
    }
}
