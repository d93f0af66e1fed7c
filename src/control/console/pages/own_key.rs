//! The key of the person who is signed in.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;

use super::webhooks;
use crate::control::console::form_state::Form;
use crate::control::console::menu::{Entry, Section, Standing};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::console::view::View;
use crate::control::operations::{
    Created, CredentialConflict, Outcome, PlainSecret, Right, disable_own_key, enable_own_key, own_key,
    own_key_obstacle, regenerate_own_key,
};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::CredentialRecord;

const PAGE: &str = "/my-key";
const OFF: &str = "/my-key/off";
/// A message.
const ACCOUNT_OFF: &str = "own-key-account-off";

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
        .route("/my-key", get(page).post(switch_on))
        .route("/my-key/regenerate", get(ask_to_regenerate).post(regenerate))
        .route("/my-key/off", get(ask_to_switch_off).post(switch_off))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Never created, or cleared.
    Off,
    On,
    Expired,
    /// By an owner of the account or the provider: only they enable it.
    Disabled,
}

/// The state in words. Written into a template as it is.
#[derive(Template)]
#[template(path = "own_key_state.html")]
pub(super) struct StateBadge<'p> {
    v: &'p View,
    state: State,
}

#[derive(Template)]
#[template(path = "own_key.html")]
struct OwnKey<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    key: Option<&'p CredentialRecord>,
    state: State,
    badge: StateBadge<'p>,
    /// There can be a new secret.
    may_renew: bool,
    /// A message: why not, unless API access of the account is off.
    note: Option<&'static str>,
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
    /// Where the webhooks that stop lead.
    webhooks: Vec<String>,
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

impl<'p> StateBadge<'p> {
    pub(super) fn new(v: &'p View, key: Option<&CredentialRecord>) -> Self {
        Self { v, state: State::of(key, v.now) }
    }
}

impl askama::filters::HtmlSafe for StateBadge<'_> {}

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

async fn page(visit: Visit) -> Answer {
    require(&visit)?;
    show(&visit, Form::new(&visit)).await
}

async fn show(visit: &Visit, form: Form<'_>) -> Answer {
    let key = own_key(&visit.context()).await?;
    let form = with_revision(form, key.as_ref());
    let badge = StateBadge::new(visit, key.as_ref());
    let obstacle = obstacle(visit, key.as_ref()).await?;
    let body = OwnKey {
        v: visit,
        form: &form,
        state: badge.state,
        badge,
        may_renew: obstacle.is_none(),
        note: obstacle.filter(|message| *message != ACCOUNT_OFF),
        has_access: has_access(visit),
        key: key.as_ref(),
    };
    visit.show(Page::new(visit.t("own-key-title"), &body)?.form(&form))
}

fn with_revision<'f>(form: Form<'f>, key: Option<&CredentialRecord>) -> Form<'f> {
    match key {
        Some(key) => form.revision(key.revision),
        None => form,
    }
}

fn has_access(visit: &Visit) -> bool {
    visit.standing.account.as_ref().is_some_and(|account| account.switched_on)
}

/// A message: why there can be no new secret now.
async fn obstacle(visit: &Visit, key: Option<&CredentialRecord>) -> Result<Option<&'static str>, Problem> {
    let message = |conflict| match conflict {
        CredentialConflict::OwnKeyDisabled(_) => "own-key-disabled-lead",
        CredentialConflict::OwnKeyExpired(_) => "own-key-expired-lead",
        _ if !has_access(visit) => ACCOUNT_OFF,
        _ => "own-key-version-lead",
    };
    Ok(own_key_obstacle(&visit.context(), key).await?.map(message))
}

/// The page again, which says why nothing was done.
async fn refused(visit: &Visit, posted: &Posted, problem: Problem) -> Answer {
    let form = Form::refused(visit, posted, problem)?;
    let form = match own_key(&visit.context()).await? {
        Some(key) => form.changed(visit.last_change("credential", key.id.as_str()).await),
        None => form,
    };
    show(visit, form).await
}

async fn switch_on(visit: Visit, posted: Posted) -> Answer {
    posted.reader().finish()?;
    if let Some(explanation) = elsewhere(&visit)? {
        return Ok(explanation);
    }
    match enable_own_key(&visit.write(&posted)).await {
        Ok(outcome) => reveal(&visit, outcome),
        Err(error) => refused(&visit, &posted, error.into()).await,
    }
}

async fn ask_to_regenerate(visit: Visit) -> Answer {
    require(&visit)?;
    let key = own_key(&visit.context()).await?;
    if obstacle(&visit, key.as_ref()).await?.is_some() {
        return Ok(visit.redirect(PAGE, None));
    }
    ask(visit, "/my-key/regenerate", ["own-key-regenerate", "own-key-regenerate-lead", "own-key-regenerate"]).await
}

async fn regenerate(visit: Visit, posted: Posted) -> Answer {
    posted.reader().finish()?;
    if let Some(explanation) = elsewhere(&visit)? {
        return Ok(explanation);
    }
    match regenerate_own_key(&visit.write(&posted)).await {
        Ok(outcome) => reveal(&visit, outcome),
        Err(error) => refused(&visit, &posted, error.into()).await,
    }
}

async fn ask_to_switch_off(visit: Visit) -> Answer {
    ask(visit, OFF, ["own-key-switch-off", "own-key-switch-off-lead", "own-key-switch-off"]).await
}

async fn switch_off(visit: Visit, posted: Posted) -> Answer {
    posted.reader().finish()?;
    if let Some(explanation) = elsewhere(&visit)? {
        return Ok(explanation);
    }
    match disable_own_key(&visit.write(&posted)).await {
        Ok(_) => visit.done(PAGE, "done-own-key-off", ""),
        Err(error) => refused(&visit, &posted, error.into()).await,
    }
}

async fn ask(visit: Visit, action: &'static str, [title, consequence, button]: [&'static str; 3]) -> Answer {
    require(&visit)?;
    let Some(key) = own_key(&visit.context()).await?.filter(|key| !key.secret.is_cleared()) else {
        return Ok(visit.redirect(PAGE, None));
    };
    let form = Form::new(&visit).revision(key.revision);
    // With another secret, they go on.
    let webhooks = if action == OFF { webhooks::stopping(&visit, &key).await? } else { Vec::new() };
    let body = Confirm { v: &visit, form: &form, key: &key, webhooks, action, title, consequence, button };
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
        PlainSecret::Password(_) | PlainSecret::Chosen | PlainSecret::Sent => "",
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
