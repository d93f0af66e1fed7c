//! `/webhooks/{id}/edit`

use askama::Template;

use super::create::refused;
use super::event_choice;
use super::guard::Manager;
use crate::control::console::form_field::{Control, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::webhook_page;
use crate::control::console::pages::url_params::Id;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{EditWebhook, NotFound, edit_webhook, show_webhook};
use crate::control::web::problem::Problem;
use crate::store::WebhookRecord;

#[derive(Template)]
#[template(path = "webhook_edit.html")]
struct Edit<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    webhook: &'p WebhookRecord,
    url: Field,
    event: Field,
    page: String,
}

pub(super) async fn form(Manager(visit): Manager, Id(id): Id) -> Answer {
    let webhook = show_webhook(&visit.context(), id.as_str()).await?;
    show(&visit, Form::new(&visit), &webhook)
}

fn show(visit: &Visit, form: Form<'_>, webhook: &WebhookRecord) -> Answer {
    let terms = visit.settings.webhooks.as_deref().ok_or(NotFound("page"))?;
    let mut form = form.revision(webhook.revision);
    let present = (webhook.entity.as_str(), webhook.operation.as_str());
    let events = event_choice::choices(visit, &terms.settings, Some(present));
    let url = form.field("url", "webhooks-url", Control::Input("url")).value(webhook.url.as_str()).required();
    let event = form.select(event_choice::FIELD, "webhooks-event-choice", events);
    let event = event.value(event_choice::value(present.0, present.1));
    let page = visit.url(&webhook_page(&webhook.id));
    let body = Edit { v: visit, form: &form, webhook, url, event, page };
    visit.show(Page::new(visit.t("webhooks-edit"), &body)?.form(&form))
}

pub(super) async fn edit_one(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (url, event) = (reader.text("url"), reader.text(event_choice::FIELD));
    reader.finish()?;
    match edit_with(&visit, &posted, id.as_str(), (url, event)).await {
        Ok(webhook) => visit.done(&webhook_page(&webhook.id), "done-webhook-edited", &webhook.url),
        Err(problem) => {
            let form = refused(&visit, &posted, problem)?;
            let webhook = show_webhook(&visit.context(), id.as_str()).await?;
            let form = form.changed(visit.last_change("webhook", id.as_str()).await);
            show(&visit, form, &webhook)
        }
    }
}

async fn edit_with(
    visit: &Visit,
    posted: &Posted,
    id: &str,
    (url, event): (&str, &str),
) -> Result<WebhookRecord, Problem> {
    let (entity, operation) = event_choice::parse(visit, event)?;
    let edit = EditWebhook {
        url: Some(url.to_owned()),
        entity: Some(entity.to_owned()),
        operation: Some(operation.to_owned()),
    };
    Ok(edit_webhook(&visit.write(posted), id, edit).await?)
}
