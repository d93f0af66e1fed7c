//! `/users/new`

use askama::Template;

use super::{LIST, reveal, role_lead, roles};
use crate::control::Sentence;
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::page_of;
use crate::control::console::pages::url_params::label;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{CreatedUser, Invalid, NewUser, Outcome, Right, create_user};
use crate::control::web::problem::{Code, Problem};
use crate::store::Role;

#[derive(Template)]
#[template(path = "user_new.html")]
struct New<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    /// How they get their link.
    lead: &'p str,
    email: Field,
    name: Field,
    role: Field,
    /// For staff.
    account: Option<Field>,
}

/// What was entered.
struct Entered<'p> {
    email: &'p str,
    name: Option<String>,
    role: &'p str,
    account: &'p str,
}

pub(super) async fn form(visit: Visit) -> Answer {
    visit.require(Right::ManageUsers)?;
    show(&visit, Form::new(&visit))
}

fn show(visit: &Visit, mut form: Form<'_>) -> Answer {
    let email = form.email("email", "users-email").required();
    let name = form.line("name", "users-name");
    let choice = |role: Role| Choice::new(role.as_str(), visit.role(&role)).hint(visit.t(role_lead(role)));
    let choices = roles(visit, None).into_iter().map(choice).collect();
    let role = form.radios("role", "users-role", choices).required();
    let account = visit.standing.is_staff().then(|| form.line("account", "users-account-new"));
    let has_mail = visit.settings.terms().delivery.mail.is_some();
    let lead = if has_mail { "users-new-lead-mail" } else { "users-new-lead" };
    let body = New { v: visit, form: &form, lead, email, name, role, account };
    visit.show(Page::new(visit.t("users-new"), &body)?.form(&form))
}

pub(super) async fn create(visit: Visit, posted: Posted) -> Answer {
    visit.require(Right::ManageUsers)?;
    let mut reader = posted.reader();
    let (email, name, role) = (reader.text("email"), reader.optional("name"), reader.text("role"));
    let account = if visit.standing.is_staff() { reader.text("account") } else { "" };
    reader.finish()?;
    match create_from(&visit, &posted, Entered { email, name, role, account }).await {
        Ok(outcome) => match visit.fresh(outcome, LIST) {
            Ok(CreatedUser { record, link }) => {
                let path = page_of(LIST, &record.id);
                match link {
                    Some(link) => reveal(&visit, &record.email, &link, path),
                    None => visit.done(&path, "done-user-invited", &record.email),
                }
            }
            Err(response) => Ok(*response),
        },
        Err(problem) => {
            let is_taken = problem.code == Code::Taken;
            let form = Form::refused(&visit, &posted, problem)?;
            show(&visit, if is_taken { form.at("email") } else { form })
        }
    }
}

async fn create_from(visit: &Visit, posted: &Posted, entered: Entered<'_>) -> Result<Outcome<CreatedUser>, Problem> {
    let mut invalid = Invalid::default();
    let role: Option<Role> = entered.role.parse().ok();
    if role.is_none() {
        invalid.add("role", Sentence::NotChosen);
    }
    let account = label(&mut invalid, "account", entered.account);
    let (Some(role), true) = (role, invalid.0.is_empty()) else { return Err(invalid.into()) };
    // Others create users in their own account only; that of staff is left out.
    let account = account.or_else(|| visit.caller().account.clone());
    let new = NewUser { role, account, email: entered.email.to_owned(), name: entered.name };
    Ok(create_user(&visit.write(posted), new).await?)
}
