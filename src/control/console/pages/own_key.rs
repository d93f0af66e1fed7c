//! The key of the person who is signed in.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;

use crate::control::console::form::Form;
use crate::control::console::menu::{Entry, Section, Standing};
use crate::control::console::page::{Answer, Page};
use crate::control::console::posted::Posted;
use crate::control::console::visit::Visit;
use crate::control::operations::{
    Created, Outcome, PlainSecret, Right, disable_own_key, enable_own_key, own_key, regenerate_own_key,
};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::CredentialRecord;

const PAGE: &str = "/my-key";

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Api,
    place: 40,
    label: "own-key-title",
    path: PAGE,
    is_visible: Standing::may_have_own_key,
    count: None,
}];

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/my-key", get(show).post(switch_on))
        .route("/my-key/regenerate", get(ask_to_regenerate).post(regenerate))
        .route("/my-key/off", get(ask_to_switch_off).post(switch_off))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Never made, or cleared.
    Off,
    On,
    Expired,
    /// By an owner of the account or the provider: only they enable it.
    Disabled,
}

#[derive(Template)]
#[template(path = "own_key.html")]
struct OwnKey<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    key: Option<&'p CredentialRecord>,
    state: State,
    /// API access of the account is on.
    has_access: bool,
}

/// Asks again before a key stops.
#[derive(Template)]
#[template(path = "own_key_confirm.html")]
struct Confirm<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    key: &'p CredentialRecord,
    action: &'static str,
    /// Messages.
    title: &'static str,
    consequence: &'static str,
    button: &'static str,
}

#[derive(Template)]
#[template(path = "own_key_secret.html")]
struct Secret<'p> {
    v: &'p Visit,
    secret: &'p str,
    next: String,
}

impl State {
    fn of(key: Option<&CredentialRecord>, now: Timestamp) -> Self {
        match key {
            Some(key) if !key.enabled => Self::Disabled,
            Some(key) if key.secret.is_cleared() => Self::Off,
            Some(key) if key.expires_at.is_some_and(|end| end <= now) => Self::Expired,
            Some(_) => Self::On,
            None => Self::Off,
        }
    }
}

async fn show(visit: Visit) -> Answer {
    require(&visit)?;
    let key = own_key(&visit.context()).await?;
    let has_access = visit.standing.account.as_ref().is_some_and(|account| account.switched_on);
    let form = Form::new(&visit);
    let state = State::of(key.as_ref(), visit.now);
    let body = OwnKey { v: &visit, form: &form, key: key.as_ref(), state, has_access };
    visit.show(Page::new(visit.t("own-key-title"), &body)?)
}

async fn switch_on(visit: Visit, posted: Posted) -> Answer {
    posted.reader().finish()?;
    if let Some(explanation) = elsewhere(&visit)? {
        return Ok(explanation);
    }
    let outcome = enable_own_key(&visit.write(&posted)).await?;
    reveal(&visit, outcome)
}

async fn ask_to_regenerate(visit: Visit) -> Answer {
    ask(visit, "/my-key/regenerate", ["own-key-regenerate", "own-key-regenerate-lead", "own-key-regenerate"]).await
}

async fn regenerate(visit: Visit, posted: Posted) -> Answer {
    posted.reader().finish()?;
    if let Some(explanation) = elsewhere(&visit)? {
        return Ok(explanation);
    }
    let outcome = regenerate_own_key(&visit.write(&posted)).await?;
    reveal(&visit, outcome)
}

async fn ask_to_switch_off(visit: Visit) -> Answer {
    ask(visit, "/my-key/off", ["own-key-switch-off", "own-key-switch-off-lead", "own-key-switch-off"]).await
}

async fn switch_off(visit: Visit, posted: Posted) -> Answer {
    posted.reader().finish()?;
    if let Some(explanation) = elsewhere(&visit)? {
        return Ok(explanation);
    }
    disable_own_key(&visit.write(&posted)).await?;
    visit.done(PAGE, "done-own-key-off", "")
}

async fn ask(visit: Visit, action: &'static str, [title, consequence, button]: [&'static str; 3]) -> Answer {
    require(&visit)?;
    let Some(key) = own_key(&visit.context()).await?.filter(|key| !key.secret.is_cleared()) else {
        return Ok(visit.redirect(PAGE, None));
    };
    let form = Form::new(&visit);
    let body = Confirm { v: &visit, form: &form, key: &key, action, title, consequence, button };
    visit.show(Page::new(visit.t(title), &body)?)
}

fn reveal(visit: &Visit, outcome: Outcome<Created>) -> Answer {
    let created = match visit.fresh(outcome, PAGE) {
        Ok(created) => created,
        Err(response) => return Ok(*response),
    };
    let secret = match &created.secret {
        PlainSecret::Token(token) => token.reveal(),
        // Own keys are tokens.
        PlainSecret::Password(_) | PlainSecret::Chosen => "",
    };
    let body = Secret { v: visit, secret, next: visit.url(PAGE) };
    visit.show(Page::new(visit.t("own-key-secret-title"), &body)?.secret(PAGE.to_owned()))
}

fn require(visit: &Visit) -> Result<(), Problem> {
    visit.require(Right::OwnKey)?;
    visit.require_visible(&MENU[0])
}

/// The page that says what is missing, where access ended while a form was open.
fn elsewhere(visit: &Visit) -> Result<Option<Response>, Problem> {
    visit.require(Right::OwnKey)?;
    Ok((!visit.standing.may_have_own_key()).then(|| visit.redirect("/access", None)))
}
