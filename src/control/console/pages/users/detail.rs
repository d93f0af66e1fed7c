//! `/users/{id}`: facts, the form that changes them, and what else can be done.

use askama::Template;

use super::{LIST, State, reveal, roles};
use crate::control::console::field::{Choice, Field};
use crate::control::console::form::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::pages::addresses::{Id, page_of};
use crate::control::console::posted::Posted;
use crate::control::console::visit::Visit;
use crate::control::operations::{
    EditUser, Patch, Right, create_setup_link, disable_user, edit_user, enable_user, show_user,
};
use crate::control::web::problem::{Code, Problem};
use crate::store::{Role, UserRecord};

#[derive(Template)]
#[template(path = "user.html")]
struct Detail<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    user: &'p UserRecord,
    state: State,
    /// The page, with the base path.
    page: String,
    is_oneself: bool,
    email: Field,
    name: Field,
    role: Field,
    /// The own token of the form that enables: its fields differ from those of the other.
    enable: Form<'p>,
}

/// Asks again.
#[derive(Template)]
#[template(path = "user_confirm.html")]
struct Confirm<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    user: &'p UserRecord,
    title: String,
    consequence: String,
    button: String,
    is_bad: bool,
    action: String,
    back: String,
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Disable,
    SetupLink,
}

pub(super) async fn show(visit: Visit, Id(id): Id) -> Answer {
    let user = show_user(&visit.context(), &id).await.map_err(|error| explained(&visit, error.into()))?;
    render(&visit, Form::new(&visit), &user)
}

fn render(visit: &Visit, form: Form<'_>, user: &UserRecord) -> Answer {
    let mut form = form.revision(user.revision);
    let email = form.email("email", "users-email").value(user.email.as_str()).required();
    let name = form.line("name", "users-name").value(user.name.clone().unwrap_or_default());
    let choices = roles(visit, Some(user)).into_iter();
    let choices = choices.map(|role| Choice::new(role.as_str(), visit.role(&role))).collect();
    let role = form.select("role", "users-role", choices).value(user.role.as_str());
    let body = Detail {
        v: visit,
        form: &form,
        user,
        state: State::of(user),
        page: visit.url(&page_of(LIST, &user.id)),
        is_oneself: visit.caller().user.as_ref() == Some(&user.id),
        email,
        name,
        role,
        enable: Form::new(visit),
    };
    let title = user.name.as_deref().unwrap_or(&user.email);
    visit.show(Page::new(title, &body)?.form(&form))
}

pub(super) async fn edit(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (email, name, role) = (reader.text("email").to_owned(), reader.optional("name"), reader.text("role"));
    reader.finish()?;
    let edited = match role.parse::<Role>() {
        Ok(role) => {
            let edit = EditUser { name: name.map_or(Patch::Clear, Patch::Set), email: Some(email), role: Some(role) };
            edit_user(&visit.write(&posted), &id, edit).await.map_err(Problem::from)
        }
        Err(fault) => Err(Problem::of_field("role", fault.to_string())),
    };
    match edited {
        Ok(user) => visit.done(&page_of(LIST, &id), "done-user-saved", &user.email),
        Err(problem) => {
            let is_taken = problem.code == Code::Taken;
            let form = Form::refused(&visit, &posted, explained(&visit, problem))?;
            let user = show_user(&visit.context(), &id).await.map_err(|error| explained(&visit, error.into()))?;
            let form = form.changed(visit.last_change("user", id.as_str()).await);
            render(&visit, if is_taken { form.at("email") } else { form }, &user)
        }
    }
}

pub(super) async fn ask_to_disable(visit: Visit, Id(id): Id) -> Answer {
    let user = show_user(&visit.context(), &id).await.map_err(|error| explained(&visit, error.into()))?;
    ask(&visit, Form::new(&visit), &user, Question::Disable)
}

pub(super) async fn disable(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match disable_user(&visit.write(&posted), &id).await {
        Ok(user) => visit.done(&page_of(LIST, &id), "done-user-disabled", &user.email),
        Err(error) => {
            let form = Form::refused(&visit, &posted, explained(&visit, error.into()))?;
            let user = show_user(&visit.context(), &id).await?;
            let form = form.changed(visit.last_change("user", id.as_str()).await);
            ask(&visit, form, &user, Question::Disable)
        }
    }
}

pub(super) async fn enable(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    let user = enable_user(&visit.write(&posted), &id).await.map_err(|error| explained(&visit, error.into()))?;
    visit.done(&page_of(LIST, &id), "done-user-enabled", &user.email)
}

pub(super) async fn ask_for_link(visit: Visit, Id(id): Id) -> Answer {
    let user = show_user(&visit.context(), &id).await.map_err(|error| explained(&visit, error.into()))?;
    ask(&visit, Form::new(&visit), &user, Question::SetupLink)
}

pub(super) async fn create_link(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    let created = create_setup_link(&visit.write(&posted), &id).await;
    let page = page_of(LIST, &id);
    match created {
        Ok(outcome) => match visit.fresh(outcome, &page) {
            Ok(link) => {
                let user = show_user(&visit.context(), &id).await?;
                reveal(&visit, &user.email, &link, page)
            }
            Err(response) => Ok(*response),
        },
        Err(error) => {
            let form = Form::refused(&visit, &posted, explained(&visit, error.into()))?;
            let user = show_user(&visit.context(), &id).await?;
            let form = form.changed(visit.last_change("user", id.as_str()).await);
            ask(&visit, form, &user, Question::SetupLink)
        }
    }
}

fn ask(visit: &Visit, form: Form<'_>, user: &UserRecord, question: Question) -> Answer {
    let form = form.revision(user.revision);
    let page = page_of(LIST, &user.id);
    let (path, texts) = match question {
        Question::Disable => ("/disable", ["users-disable", "users-disable-lead", "users-disable"]),
        Question::SetupLink if user.password_hash.is_some() => {
            ("/setup-link", ["users-link-new", "users-link-lead-password", "users-link-create"])
        }
        Question::SetupLink => ("/setup-link", ["users-link-new", "users-link-lead", "users-link-create"]),
    };
    let [title, consequence, button] = texts.map(|text| visit.t(text));
    let body = Confirm {
        v: visit,
        form: &form,
        user,
        title: title.clone(),
        consequence,
        button,
        is_bad: question == Question::Disable,
        action: visit.url(&format!("{page}{path}")),
        back: visit.url(&page),
    };
    visit.show(Page::new(title, &body)?.form(&form))
}

/// A refusal of the role names the roles that have it.
fn explained(visit: &Visit, problem: Problem) -> Problem {
    match problem.code {
        Code::Forbidden => visit.require(Right::ManageUsers).err().unwrap_or(problem),
        _ => problem,
    }
}
