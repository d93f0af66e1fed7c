//! `/users/{id}`: facts, the form that changes them, and what else can be done.

use askama::Template;
use jiff::Timestamp;

use super::{LIST, State, roles};
use crate::control::Sentence;
use crate::control::console::confirmation::{CONFIRM, Confirmation, Loss};
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::access_conditions::{Conditions, Subject};
use crate::control::console::pages::page_urls::page_of;
use crate::control::console::pages::url_params::Id;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    EditUser, Paging, Patch, Right, diagnose, edit_user, enable_user, list_audit, newest_request_status, show_user,
};
use crate::control::web::problem::{Code, Problem};
use crate::store::{AuditFilter, RequestState, Role, UserRecord};

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
    /// What the edit takes away.
    confirmation: Option<Confirmation>,
    enable: &'p Form<'p>,
    last_sign_in: Option<Timestamp>,
    conditions: Option<Conditions<'p>>,
}

pub(super) async fn show(visit: Visit, Id(id): Id) -> Answer {
    let user = show_user(&visit.context(), &id).await?;
    render(&visit, Form::new(&visit), Form::new(&visit), &user, None).await
}

/// `form` is that of the fields, `enable` the one that enables the user: each has a token of its own.
async fn render(
    visit: &Visit,
    form: Form<'_>,
    enable: Form<'_>,
    user: &UserRecord,
    confirmation: Option<Confirmation>,
) -> Answer {
    let (mut form, enable) = (form.revision(user.revision), enable.revision(user.revision));
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
        confirmation,
        enable: &enable,
        last_sign_in: last_sign_in(visit, user).await?,
        conditions: conditions(visit, user).await?,
    };
    let title = user.name.as_deref().unwrap_or(&user.email);
    visit.show(Page::new(title, &body)?.form(if enable.is_refused() { &enable } else { &form }))
}

/// As far as the audit reaches back.
async fn last_sign_in(visit: &Visit, user: &UserRecord) -> Result<Option<Timestamp>, Problem> {
    let filter = AuditFilter {
        verb: Some("sign_in".to_owned()),
        target_kind: Some("user".to_owned()),
        target: Some(user.id.to_string()),
        ..AuditFilter::default()
    };
    let found = list_audit(&visit.context(), filter, Paging { after: None, limit: 1 }).await?;
    Ok(found.records.first().map(|line| line.at))
}

/// Why they do not see it; `None` for staff, who do not use the API.
async fn conditions<'p>(visit: &'p Visit, user: &UserRecord) -> Result<Option<Conditions<'p>>, Problem> {
    let Some(account) = &user.account else { return Ok(None) };
    let context = visit.context();
    let status = newest_request_status(&context, account).await?;
    let is_asked = status.is_some_and(|status| status.state == RequestState::Pending);
    let steps = diagnose(&context, user.id.as_str()).await?;
    let subject = Subject { user: user.id.as_str(), account: Some(account), is_asked };
    Ok(Some(Conditions::new(visit, &steps, subject)))
}

pub(super) async fn edit(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (email, name, role) = (reader.text("email").to_owned(), reader.optional("name"), reader.text("role"));
    let confirmed = reader.text(CONFIRM);
    reader.finish()?;
    let user = show_user(&visit.context(), &id).await?;
    // Nothing is asked about a stale form: the edit refuses it, and the page shows what has changed.
    let is_current = posted.revision.is_none_or(|revision| revision == user.revision);
    let loss = role.parse().ok().and_then(|role| loss(&visit, user.role, role)).filter(|_| is_current);
    let confirmation = Confirmation::of(loss.into_iter().collect());
    if let Some(asked) = &confirmation
        && !asked.is_given(confirmed)
    {
        return render(&visit, Form::again(&visit, &posted), Form::new(&visit), &user, confirmation).await;
    }
    let edited = match role.parse::<Role>() {
        Ok(role) => {
            let edit = EditUser { name: name.map_or(Patch::Clear, Patch::Set), email: Some(email), role: Some(role) };
            edit_user(&visit.write(&posted), &id, edit).await.map_err(Problem::from)
        }
        Err(_) => Err(Problem::of_field("role", Sentence::Role)),
    };
    match edited {
        Ok(user) => visit.done(&page_of(LIST, &id), "done-user-saved", &user.email),
        Err(problem) => {
            let is_taken = problem.code == Code::Taken;
            let form = Form::refused(&visit, &posted, problem)?;
            let present = show_user(&visit.context(), &id).await?;
            let form = form.changed(visit.last_change("user", id.as_str()).await);
            let form = if is_taken { form.at("email") } else { form };
            let confirmation = confirmation.filter(|_| present.revision == user.revision);
            render(&visit, form, Form::new(&visit), &present, confirmation).await
        }
    }
}

/// A role that lacks a right of the previous one. No user becomes staff, or ceases to be.
fn loss(visit: &Visit, before: Role, after: Role) -> Option<Loss> {
    let is_less = Right::ALL.into_iter().any(|right| right.is_of(before) && !right.is_of(after));
    if !is_less || (before == Role::Staff) != (after == Role::Staff) {
        return None;
    }
    let [before, role] = [before, after].map(|role| visit.role(&role));
    let change = visit.t2("confirm-instead", ("after", &role), ("before", &before));
    Some(Loss { word: after.as_str(), text: format!("{}: {change}", visit.t("users-role")) })
}

pub(super) async fn enable(visit: Visit, Id(id): Id, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match enable_user(&visit.write(&posted), &id).await {
        Ok(user) => visit.done(&page_of(LIST, &id), "done-user-enabled", &user.email),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let user = show_user(&visit.context(), &id).await?;
            let form = form.changed(visit.last_change("user", id.as_str()).await);
            render(&visit, Form::new(&visit), form, &user, None).await
        }
    }
}
