//! Pages that ask before they disable or delete a publisher.

use askama::Template;

use super::{Manager, delete_page, disable_page, list_page};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::url_params::{Id, query};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{delete_publisher, disable_publisher, show_publisher};
use crate::credential::Label;
use crate::store::PublisherRecord;

#[derive(Template)]
#[template(path = "publisher_confirm.html")]
struct Confirm<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    publisher: &'p PublisherRecord,
    /// Of the page of the list to go back to.
    cursor: &'p str,
    /// Messages.
    title: &'static str,
    consequence: &'static str,
    action: String,
    back: String,
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Disable,
    Delete,
}

pub(super) async fn ask_to_disable(Manager(visit): Manager, Id(id): Id) -> Answer {
    ask(&visit, &id, Question::Disable).await
}

pub(super) async fn ask_to_delete(Manager(visit): Manager, Id(id): Id) -> Answer {
    ask(&visit, &id, Question::Delete).await
}

async fn ask(visit: &Visit, id: &Label, question: Question) -> Answer {
    let posted = query(&visit.target)?;
    let mut reader = posted.reader();
    let cursor = reader.text("cursor");
    reader.finish()?;
    let publisher = show_publisher(&visit.context(), id).await?;
    show(visit, Form::new(visit), &publisher, cursor, question)
}

pub(super) async fn disable(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    execute(&visit, &id, &posted, Question::Disable).await
}

pub(super) async fn delete(Manager(visit): Manager, Id(id): Id, posted: Posted) -> Answer {
    execute(&visit, &id, &posted, Question::Delete).await
}

async fn execute(visit: &Visit, id: &Label, posted: &Posted, question: Question) -> Answer {
    let mut reader = posted.reader();
    let cursor = reader.text("cursor");
    reader.finish()?;
    let call = visit.write(posted);
    let (done, message) = match question {
        Question::Disable => (disable_publisher(&call, id).await, "done-publisher-disabled"),
        Question::Delete => (delete_publisher(&call, id).await, "done-publisher-deleted"),
    };
    match done {
        Ok(publisher) => visit.done(&list_page(cursor), message, &publisher.name),
        Err(error) => {
            let form = Form::refused(visit, posted, error.into())?;
            let publisher = show_publisher(&visit.context(), id).await?;
            let form = form.changed(visit.last_change("publisher", id.as_str()).await);
            show(visit, form, &publisher, cursor, question)
        }
    }
}

fn show(visit: &Visit, form: Form<'_>, publisher: &PublisherRecord, cursor: &str, question: Question) -> Answer {
    let form = form.revision(publisher.revision);
    let (path, title, consequence) = match question {
        Question::Disable => (disable_page(&publisher.id), "publishers-disable-title", "publishers-disable-lead"),
        Question::Delete => (delete_page(&publisher.id), "publishers-delete", "publishers-delete-lead"),
    };
    let (action, back) = (visit.url(&path), visit.url(&list_page(cursor)));
    let body = Confirm { v: visit, form: &form, publisher, cursor, title, consequence, action, back };
    visit.show(Page::new(visit.t(title), &body)?.form(&form))
}
