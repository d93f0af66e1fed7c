//! `/publishers/new`

use askama::Template;

use super::{LIST, Manager, example};
use crate::control::api::PREFIX;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::url_params::{day, label};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{CreatedPublisher, Invalid, NewPublisher, NotFound, Outcome, create_publisher};
use crate::control::web::problem::Problem;

#[derive(Template)]
#[template(path = "publisher_new.html")]
struct New<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    name: Field,
    account: Field,
    expires: Field,
}

#[derive(Template)]
#[template(path = "publisher_secret.html")]
struct Secret<'p> {
    v: &'p Visit,
    name: &'p str,
    secret: &'p str,
    /// Where events are posted.
    url: String,
    /// A command that posts one.
    example: String,
    next: String,
}

pub(super) async fn form(Manager(visit): Manager) -> Answer {
    show(&visit, Form::new(&visit))
}

fn show(visit: &Visit, mut form: Form<'_>) -> Answer {
    let name = form.line("name", "publishers-name").required();
    let account = form.line("account", "publishers-account-new");
    let expires = form.date("expires_at", "publishers-expires");
    let body = New { v: visit, form: &form, name, account, expires };
    visit.show(Page::new(visit.t("publishers-new"), &body)?.form(&form))
}

pub(super) async fn create_one(Manager(visit): Manager, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (name, account, expires) = (reader.text("name"), reader.text("account"), reader.text("expires_at"));
    reader.finish()?;
    match create_from(&visit, &posted, [name, account, expires]).await {
        Ok(outcome) => match visit.fresh(outcome, LIST) {
            Ok(created) => reveal(&visit, &created),
            Err(response) => Ok(*response),
        },
        Err(problem) => show(&visit, Form::refused(&visit, &posted, problem)?),
    }
}

/// An account that cannot be one must not become none: that would be all accounts.
async fn create_from(
    visit: &Visit,
    posted: &Posted,
    [name, account, expires]: [&str; 3],
) -> Result<Outcome<CreatedPublisher>, Problem> {
    let mut invalid = Invalid::default();
    let account = label(&mut invalid, "account", account);
    let expires_at = day(&mut invalid, "expires_at", expires, 0);
    invalid.into_result()?;
    let new = NewPublisher { name: name.to_owned(), account, expires_at };
    Ok(create_publisher(&visit.write(posted), new).await?)
}

fn reveal(visit: &Visit, created: &CreatedPublisher) -> Answer {
    let (name, secret) = (created.record.name.as_str(), created.token.reveal());
    let terms = visit.settings.webhooks.as_deref().ok_or(NotFound("page"))?;
    let base = visit.settings.public_url.as_deref().unwrap_or_default();
    let url = format!("{base}{PREFIX}/events");
    let example = example::command(&url, &created.record, &terms.settings, visit.now);
    let body = Secret { v: visit, name, secret, url, example, next: visit.url(LIST) };
    visit.show(Page::new(visit.t("publishers-secret-title"), &body)?.secret(LIST.to_owned()))
}
