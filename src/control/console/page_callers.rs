//! The person behind a request, and the pages they get.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use jiff::Timestamp;

use super::flash_message::FlashMessage;
use super::menu::{Entry, Section, Standing};
use super::page::{Answer, MenuLine, MenuSection, Page, Person, Surroundings};
use super::posted_form::Posted;
use super::view::View;
use crate::control::operations::{Caller, NotFound, OperationContext, OperationRefusal, Outcome, Right, SignInContext};
use crate::control::web::anonymous_caller::AnonymousCaller;
use crate::control::web::caller::{session_caller, session_cookie};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::{AccessRequestFilter, ActorKind, RequestState, UserRecord};

/// Requests counted for the menu.
const MAX_COUNT: u32 = 100;

/// A signed-in person. Extracting one authenticates them; handlers have no other way to an [`OperationContext`].
pub(super) struct Visit {
    view: View,
    pub(super) state: ControlState,
    pub(super) standing: Standing,
    /// `None` where the caller is no user, which pages do not serve outside tests.
    pub(super) user: Option<UserRecord>,
    /// The cookie.
    pub(super) session: Option<String>,
    around: Arc<Surroundings>,
}

/// What surrounds the pages of the person behind a request, once they are known. In the extensions of every request, so
/// that the page of a refusal has it too.
#[derive(Clone, Default)]
pub(super) struct KnownPerson(Arc<OnceLock<Arc<Surroundings>>>);

/// Anyone, for pages before signing in.
pub(super) struct Visitor {
    view: View,
    pub(super) caller: AnonymousCaller,
}

/// A signed-in person, with their menu, or anyone else: for pages that everyone may read.
pub(super) enum Anyone {
    Visit(Box<Visit>),
    Visitor(Box<Visitor>),
}

/// All lines of the menu; in the extensions of every request, so that this module does not depend on the pages.
#[derive(Clone, Copy)]
pub(super) struct Menu(pub(super) &'static [&'static [Entry]]);

impl Visit {
    /// For operations that read.
    pub(super) fn context(&self) -> OperationContext<'_> {
        let context = OperationContext::new(
            &self.state.store,
            &self.standing.caller,
            self.state.clock.now(),
            self.view.settings.terms(),
        );
        OperationContext {
            hashes: Some(&self.state.hashes),
            gate_throttle: self.state.gate_throttle(),
            sign_in_throttle: Some(self.state.sign_in_throttle()),
            installation_keys: self.state.installation_keys.get(),
            ..context
        }
    }

    /// For operations that write: with the revision and the key of the form.
    pub(super) fn write<'v>(&'v self, posted: &'v Posted) -> OperationContext<'v> {
        OperationContext { revision: posted.revision, idempotency_key: posted.key.as_ref(), ..self.context() }
    }

    pub(super) fn sign_in_context(&self) -> SignInContext<'_> {
        let actor = &self.standing.caller.actor;
        let address = actor.address.as_deref().and_then(|address| address.parse().ok());
        self.state.sign_in_context(&self.view.settings, address, actor.request_id.as_deref())
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.standing.caller
    }

    /// # Errors
    /// [`OperationRefusal::Forbidden`], with the roles that have the right.
    pub(super) fn require(&self, right: Right) -> Result<(), Problem> {
        if self.standing.may(right) {
            return Ok(());
        }
        Err(OperationRefusal::forbidden(&[right]).into())
    }

    /// A page whose line of the menu is hidden does not exist.
    ///
    /// # Errors
    /// [`NotFound`].
    pub(super) fn require_visible(&self, entry: &Entry) -> Result<(), Problem> {
        if (entry.is_visible)(&self.standing) { Ok(()) } else { Err(OperationRefusal::from(NotFound("page")).into()) }
    }

    pub(super) fn show(&self, page: Page) -> Answer {
        page.respond(&self.view, &self.around)
    }

    /// Ends a POST that took effect: the browser gets `path`, whose page says what has happened.
    pub(super) fn done(&self, path: &str, message: &'static str, subject: &str) -> Answer {
        Ok(self.view.redirect(path, Some(&FlashMessage::new(message, subject))))
    }

    /// The result of an operation that creates something; `None` where an earlier request, at another process of the
    /// fleet, has done it. Then the answer leads to `path`.
    pub(super) fn fresh<T>(&self, outcome: Outcome<T>, path: &str) -> Result<T, Box<Response>> {
        outcome.fresh().ok_or_else(|| Box::new(self.view.redirect(path, Some(&FlashMessage::new("done-already", "")))))
    }

    /// Who changed something last, and when: for a form that is stale.
    pub(super) async fn last_change(&self, kind: &str, id: &str) -> Option<(String, Timestamp)> {
        let line = self.state.store.audit_of(kind, id, 1).await.ok()?.into_iter().next()?;
        let user = if line.actor_kind == ActorKind::User.as_str() {
            self.state.store.user(&line.actor).await.ok().flatten()
        } else {
            None
        };
        let name = user.map_or(line.actor, |user| user.name.unwrap_or(user.email));
        Some((name, line.at))
    }
}

impl KnownPerson {
    /// The surroundings of the person behind this request. Who they are is read from the database, unless a handler did.
    pub(super) async fn around(&self, parts: &mut Parts, state: &ControlState) -> Arc<Surroundings> {
        if self.0.get().is_none() {
            // A visitor who is not signed in gets the bare page.
            let _visit: Result<Visit, Problem> = Visit::from_request_parts(parts, state).await;
        }
        self.cached()
    }

    /// Those of a person whom a handler has read; bare ones otherwise.
    pub(super) fn cached(&self) -> Arc<Surroundings> {
        self.0.get().cloned().unwrap_or_default()
    }
}

impl Surroundings {
    fn of(view: &View, standing: &Standing, user: Option<&UserRecord>, menu: &[&'static [Entry]]) -> Self {
        let path = view.target.split('?').next().unwrap_or_default();
        let mut entries: Vec<&Entry> = menu.iter().copied().flatten().collect();
        entries.retain(|entry| (entry.is_visible)(standing));
        entries.sort_by_key(|entry| (entry.section, entry.place));
        // The longest path that the address begins with.
        let is_within = |entry: &&&Entry| {
            path.strip_prefix(entry.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let current = entries.iter().filter(is_within).map(|entry| entry.path).max_by_key(|path| path.len());
        let line = |entry: &&Entry| MenuLine {
            label: view.t(entry.label),
            href: view.url(entry.path),
            is_current: Some(entry.path) == current,
            count: entry.count.map(|count| count(standing)).filter(|count| *count > 0),
        };
        // The only line that leads out of the console.
        let docs = view.settings.console.docs_url.as_ref().map(|url| MenuLine {
            label: view.t("layout-docs"),
            href: url.0.0.to_string(),
            is_current: false,
            count: None,
        });
        let section = |section: Section| MenuSection {
            label: view.t(section.label()),
            lines: entries
                .iter()
                .filter(|entry| entry.section == section)
                .map(line)
                .chain(docs.clone().filter(|_| section == Section::Api))
                .collect(),
        };
        let mut menu: Vec<_> = Section::ALL.into_iter().map(section).collect();
        menu.retain(|section| !section.lines.is_empty());
        let caller = &standing.caller;
        let name = user.map(|user| user.name.clone().unwrap_or_else(|| user.email.clone()));
        Self {
            menu,
            person: Some(Person {
                name: name.unwrap_or_else(|| caller.actor.id.clone()),
                role: view.role(&caller.role),
            }),
            account: standing
                .account
                .as_ref()
                .map(|account| account.name.clone().unwrap_or_else(|| account.id.to_string())),
        }
    }
}

impl Visitor {
    pub(super) fn show(&self, page: Page) -> Answer {
        page.respond(&self.view, &Surroundings::default())
    }
}

impl Deref for Visit {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl Deref for Visitor {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl Anyone {
    pub(super) fn show(&self, page: Page) -> Answer {
        match self {
            Self::Visit(visit) => visit.show(page),
            Self::Visitor(visitor) => visitor.show(page),
        }
    }
}

impl Deref for Anyone {
    type Target = View;

    fn deref(&self) -> &View {
        match self {
            Self::Visit(visit) => visit,
            Self::Visitor(visitor) => visitor,
        }
    }
}

impl FromRequestParts<ControlState> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let has_session = matches!(session_cookie(&parts.headers), Ok(Some(_)));
        if has_session && let Ok(visit) = Visit::from_request_parts(parts, state).await {
            return Ok(Self::Visit(Box::new(visit)));
        }
        Visitor::from_request_parts(parts, state).await.map(|visitor| Self::Visitor(Box::new(visitor)))
    }
}

impl FromRequestParts<ControlState> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let view = View::new(state, parts);
        let caller = session_caller(state, &view.settings, parts).await?;
        let session = session_cookie(&parts.headers)?.map(str::to_owned);
        let user = match &caller.user {
            Some(user) => state.store.user(user.as_str()).await?,
            None => None,
        };
        let account = match &caller.account {
            Some(account) => state.store.account(account.as_str()).await?,
            None => None,
        };
        let waiting_requests = if caller.may(Right::GrantAccess) { waiting_requests(state).await? } else { 0 };
        let menu = parts.extensions.get::<Menu>().map_or(&[][..], |menu| menu.0);
        let has_webhooks = view.settings.webhooks.is_some();
        let standing = Standing { caller, account, waiting_requests, has_webhooks };
        let around = Arc::new(Surroundings::of(&view, &standing, user.as_ref(), menu));
        if let Some(known) = parts.extensions.get::<KnownPerson>() {
            known.0.get_or_init(|| around.clone());
        }
        Ok(Self { view, state: state.clone(), standing, user, session, around })
    }
}

async fn waiting_requests(state: &ControlState) -> Result<u64, Problem> {
    let filter = AccessRequestFilter { state: Some(RequestState::Pending), ..AccessRequestFilter::default() };
    let found = state.store.access_requests_after(None, &filter, MAX_COUNT).await?;
    Ok(found.records.len() as u64)
}

impl FromRequestParts<ControlState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let caller = AnonymousCaller::from_request_parts(parts, state).await?;
        Ok(Self { view: View::new(state, parts), caller })
    }
}
