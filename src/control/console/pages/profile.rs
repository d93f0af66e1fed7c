//! The person who is signed in: who they are and what they may do, password and sessions.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};

use crate::control::Sentence;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::users::role_lead;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{
    OwnSession, Right, change_own_name, change_password, end_other_sessions, end_session, list_sessions,
};
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;
use crate::credential::Label;

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/profile", get(profile))
        .route("/profile/name", post(name))
        .route("/profile/password", post(password))
        .route("/profile/sessions/end-others", post(end_others))
        .route("/profile/sessions/{id}/end", post(end))
}

#[derive(Template)]
#[template(path = "profile.html")]
struct Profile<'p> {
    v: &'p Visit,
    /// The form of the name, and its field; `None` for a caller who is no user.
    name: Option<(&'p Form<'p>, Field)>,
    role: String,
    /// What the role is for.
    role_lead: String,
    rights: Vec<String>,
    form: &'p Form<'p>,
    current: Field,
    password: Field,
    again: Field,
    sessions: Vec<OwnSession>,
}

async fn profile(visit: Visit) -> Answer {
    show(&visit, Form::new(&visit), Form::new(&visit)).await
}

/// `form` is that of the password, `name` that of the name: each has a token of its own.
async fn show(visit: &Visit, mut form: Form<'_>, name: Form<'_>) -> Answer {
    let mut name = match &visit.user {
        Some(user) => name.revision(user.revision),
        None => name,
    };
    let own_name = visit.user.as_ref().map(|user| user.name.clone().unwrap_or_default());
    let field = own_name.map(|own| name.line("name", "profile-name").value(own).autocomplete("name"));
    let current = form.password("password_current", "profile-current").autocomplete("current-password").required();
    let password = form.password("password", "profile-new").autocomplete("new-password").required();
    let again = form.password("password_again", "profile-again").autocomplete("new-password").required();
    let sessions = list_sessions(&visit.context(), &visit.sign_in_context(), visit.session.as_deref()).await?;
    let role = visit.caller().role;
    let body = Profile {
        v: visit,
        name: field.map(|field| (&name, field)),
        role: visit.role(&role),
        role_lead: visit.t(role_lead(role)),
        rights: rights(visit),
        form: &form,
        current,
        password,
        again,
        sessions,
    };
    visit.show(Page::new(visit.t("profile-title"), &body)?.form(if name.is_refused() { &name } else { &form }))
}

/// What this person may do now.
fn rights(visit: &Visit) -> Vec<String> {
    let message = |right: Right| match right {
        Right::AskForAccess => "profile-right-ask",
        Right::GrantAccess => "profile-right-grant",
        Right::SwitchAccess => "profile-right-switch",
        Right::ManageCredentials => "profile-right-credentials",
        Right::OwnKey => "profile-right-own-key",
        Right::ManageUsers => "profile-right-users",
        Right::ReadAudit => "profile-right-audit",
        Right::SeeAccount => "profile-right-account",
        Right::SeeWebhooks => "profile-right-see-webhooks",
        Right::ManageWebhooks => "profile-right-webhooks",
        Right::ManagePublishers => "profile-right-publishers",
    };
    let needs_grant = |right: Right| matches!(right, Right::SwitchAccess | Right::ManageCredentials);
    let standing = &visit.standing;
    let has = |right: &Right| match right {
        Right::OwnKey => standing.may_have_own_key(),
        Right::ManagePublishers => standing.has_webhooks && standing.may(Right::ManagePublishers),
        Right::ManageWebhooks => standing.may_have_webhooks(),
        // Who may change them sees them.
        Right::SeeWebhooks => standing.has_webhooks && standing.is_staff(),
        right => standing.may(*right) && (standing.is_granted() || !needs_grant(*right)),
    };
    Right::ALL.into_iter().filter(has).map(|right| visit.t(message(right))).collect()
}

async fn name(visit: Visit, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let name = reader.optional("name");
    reader.finish()?;
    match change_own_name(&visit.write(&posted), name).await {
        Ok(_) => visit.done("/profile", "done-name-changed", ""),
        Err(error) => {
            let form = Form::refused(&visit, &posted, error.into())?;
            let id = visit.caller().user.as_ref().map_or("", Label::as_str);
            let form = form.changed(visit.last_change("user", id).await);
            show(&visit, Form::new(&visit), form).await
        }
    }
}

async fn password(visit: Visit, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (current, new, again) =
        (reader.password("password_current"), reader.password("password"), reader.password("password_again"));
    reader.finish()?;
    let changed = if new.reveal() == again.reveal() {
        let (context, session) = (visit.sign_in_context(), visit.session.as_deref().unwrap_or_default());
        change_password(&visit.write(&posted), &context, session, current, new).await.map_err(Problem::from)
    } else {
        Err(Problem::of_field("password_again", Sentence::Localized(visit.t("form-password-differs"))))
    };
    match changed {
        Ok(_) => visit.done("/profile", "done-password-changed", ""),
        Err(problem) => {
            let retry = (problem.code == Code::TooManyRequests).then_some(problem.retry_after.unwrap_or(1));
            let form = Form::refused(&visit, &posted, problem)?.renamed("current", "password_current");
            let form = match retry {
                Some(seconds) => form.detail(visit.tn("sign-in-too-many", &seconds)),
                None => form,
            };
            show(&visit, form, Form::new(&visit)).await
        }
    }
}

async fn end(visit: Visit, Path(id): Path<String>, posted: Posted) -> Answer {
    posted.reader().finish()?;
    end_session(&visit.write(&posted), &id).await?;
    visit.done("/profile", "done-session-ended", "")
}

async fn end_others(visit: Visit, posted: Posted) -> Answer {
    posted.reader().finish()?;
    end_other_sessions(&visit.write(&posted), visit.session.as_deref()).await?;
    visit.done("/profile", "done-sessions-ended", "")
}
