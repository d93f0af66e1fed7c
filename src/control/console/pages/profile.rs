//! The person who is signed in: password and sessions.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};

use crate::control::console::field::Field;
use crate::control::console::form::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::posted::Posted;
use crate::control::console::visit::Visit;
use crate::control::operations::{OwnSession, change_password, end_other_sessions, end_session, list_sessions};
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/profile", get(profile))
        .route("/profile/password", post(password))
        .route("/profile/sessions/end-others", post(end_others))
        .route("/profile/sessions/{id}/end", post(end))
}

#[derive(Template)]
#[template(path = "profile.html")]
struct Profile<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    current: Field,
    password: Field,
    again: Field,
    sessions: Vec<OwnSession>,
}

async fn profile(visit: Visit) -> Answer {
    show(&visit, Form::new(&visit)).await
}

async fn show(visit: &Visit, mut form: Form<'_>) -> Answer {
    let current = form.password("password_current", "profile-current").autocomplete("current-password").required();
    let password = form.password("password", "profile-new").autocomplete("new-password").required();
    let again = form.password("password_again", "profile-again").autocomplete("new-password").required();
    let sessions = list_sessions(&visit.context(), &visit.sign_in_context(), visit.session.as_deref()).await?;
    let body = Profile { v: visit, form: &form, current, password, again, sessions };
    visit.show(Page::new(visit.t("profile-title"), &body)?.form(&form))
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
        Err(Problem::of_field("password_again", visit.t("form-password-differs")))
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
            show(&visit, form).await
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
