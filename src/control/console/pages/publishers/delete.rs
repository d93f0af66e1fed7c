//! `/publishers/{id}/delete`

use askama::Template;

use super::{LIST, Manager};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::page_of;
use crate::control::console::pages::url_params::Id;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{delete_publisher, show_publisher};
use crate::store::PublisherRecord;

#[derive(Template)]
#[template(path = "publisher_delete.html")]
struct Delete<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    publisher: &'p PublisherRecord,
    action: String,
}

pub(super) async fn ask(Manager(visit): Manager, Id(id): Id) -> Answer {
    let publisher = show_publisher(&visit.context(), &id).await?;
    show(&visit, Form::new(&visit), &publisher)
}

pub(super) async fn delete(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match delete_publisher(&visit.write(&posted), &id).await {
        Ok(publisher) => visit.done(LIST, "done-publisher-deleted", &publisher.name),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let publisher = show_publisher(&visit.context(), &id).await?;
            let form = form.changed(visit.last_change("publisher", id.as_str()).await);
            show(&visit, form, &publisher)
        }
    }
}

fn show(visit: &Visit, form: Form<'_>, publisher: &PublisherRecord) -> Answer {
    let form = form.revision(publisher.revision);
    let action = visit.url(&format!("{}/delete", page_of(LIST, &publisher.id)));
    let body = Delete { v: visit, form: &form, publisher, action };
    visit.show(Page::new(visit.t("publishers-delete"), &body)?.form(&form))
}
