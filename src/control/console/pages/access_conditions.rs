//! "Why do I not see it?": the conditions of using the API, who can meet those that are missing, and where.

use askama::Template;

use super::page_urls::{account_page, credential_page, user_page};
use crate::control::console::page_callers::Visit;
use crate::control::console::view::View;
use crate::control::console::wording::Wording;
use crate::control::operations::{Right, Step, StepCode};
use crate::credential::Label;
use crate::store::Role;

/// Written into a template as it is.
#[derive(Template)]
#[template(path = "missing.html")]
pub(super) struct Conditions<'p> {
    v: &'p View,
    lines: Vec<Line>,
    /// Other processes count wrong passwords that are not seen here; for those who can ask them.
    are_throttles_elsewhere: bool,
}

/// Whose conditions they are.
#[derive(Clone, Copy)]
pub(super) struct Subject<'s> {
    /// The id of the user.
    pub(super) user: &'s str,
    /// Where staff go to grant access.
    pub(super) account: Option<&'s Label>,
    /// A request of the account waits for the provider.
    pub(super) is_asked: bool,
}

#[derive(Clone)]
struct Line {
    is_met: bool,
    text: String,
    /// From where and until when, or which.
    detail: Option<Wording>,
    /// Who can meet it, in a sentence.
    who: Option<String>,
    link: Option<Link>,
}

#[derive(Clone)]
struct Link {
    /// With the base path.
    href: String,
    label: String,
}

impl askama::filters::HtmlSafe for Conditions<'_> {}

impl<'p> Conditions<'p> {
    pub(super) fn new(visit: &'p Visit, steps: &[Step], subject: Subject<'_>) -> Self {
        let line = |step: &Step| {
            let (met, missing, who) = messages(step.code);
            let who = if step.code == StepCode::AccessGranted && subject.is_asked { "access-who-decides" } else { who };
            let named = |message: &str| {
                let (owner, implementer) = (visit.role(&Role::Owner), visit.role(&Role::Implementer));
                visit.t2(message, ("owner", &owner), ("implementer", &implementer))
            };
            Line {
                is_met: step.ok,
                text: visit.t(if step.ok { met } else { missing }),
                detail: detail(visit, step),
                who: (!step.ok).then(|| named(who)),
                link: if step.ok { None } else { link(visit, step, subject) },
            }
        };
        let are_throttles_elsewhere = visit.standing.is_staff() && visit.state.gate_throttle().is_none();
        Self { v: visit, lines: steps.iter().map(line).collect(), are_throttles_elsewhere }
    }

    /// Only the first that is not met.
    pub(super) fn next(&self) -> Self {
        let first = self.lines.iter().find(|line| !line.is_met);
        Self { v: self.v, lines: first.into_iter().cloned().collect(), are_throttles_elsewhere: false }
    }

    /// Conditions that are not met.
    pub(super) fn missing(&self) -> usize {
        self.lines.iter().filter(|line| !line.is_met).count()
    }
}

/// What the text of a condition that is not met leaves open.
pub(super) fn detail(v: &View, step: &Step) -> Option<Wording> {
    let says_more = matches!(
        step.code,
        StepCode::SignInNotThrottled
            | StepCode::CredentialNotThrottled
            | StepCode::CredentialScopesKnown
            | StepCode::CredentialVersionServed
    );
    (says_more && !step.ok).then(|| Wording::new(v, &step.detail))
}

/// Of a condition that is met, of one that is not, and who can meet it.
fn messages(code: StepCode) -> (&'static str, &'static str, &'static str) {
    match code {
        StepCode::UserEnabled => ("access-user", "access-user-missing", "access-who-enables-user"),
        StepCode::SignInNotThrottled => ("access-sign-in", "access-sign-in-missing", "access-who-clears"),
        StepCode::AccessGranted => ("access-granted", "access-granted-missing", "access-who-asks"),
        StepCode::AccessSwitchedOn => ("access-on", "access-on-missing", "access-who-switches"),
        StepCode::RoleAllows => ("access-role", "access-role-missing", "access-who-allows"),
        StepCode::CredentialCreated => ("access-created", "access-created-missing", "access-who-creates"),
        StepCode::CredentialHasSecret => ("access-secret", "access-secret-missing", "access-who-resets"),
        StepCode::CredentialEnabled => ("access-enabled", "access-enabled-missing", "access-who-enables"),
        StepCode::CredentialInDate => ("access-in-date", "access-in-date-missing", "access-who-extends"),
        StepCode::CredentialVersionServed => ("access-version", "access-version-missing", "access-who-upgrades"),
        StepCode::CredentialScopesKnown => ("access-scopes", "access-scopes-missing", "access-who-edits"),
        StepCode::CredentialNotThrottled => ("access-unthrottled", "access-unthrottled-missing", "access-who-clears"),
        StepCode::CredentialHandedOver => ("access-revealed", "access-revealed-missing", "access-who-sends"),
    }
}

/// Where this person can do something about it; `None` where they cannot.
fn link(visit: &Visit, step: &Step, Subject { user, account, is_asked }: Subject<'_>) -> Option<Link> {
    let standing = &visit.standing;
    let may_manage = standing.may(Right::ManageCredentials) && standing.is_granted();
    let (path, label) = match (step.code, &step.credential) {
        (StepCode::UserEnabled, _) if standing.may(Right::ManageUsers) => (user_page(user), "access-link-user"),
        (StepCode::UserEnabled | StepCode::SignInNotThrottled, _) => return None,
        (StepCode::AccessGranted, _) if standing.may(Right::GrantAccess) => {
            (account_page(account?), "access-link-account")
        }
        (StepCode::AccessGranted, _) if standing.may(Right::AskForAccess) => {
            ("/access#request".to_owned(), if is_asked { "access-link-request" } else { "access-link-ask" })
        }
        (StepCode::AccessSwitchedOn, _) if standing.may(Right::SwitchAccess) && standing.is_granted() => {
            ("/access#switches".to_owned(), "access-link-switches")
        }
        (StepCode::RoleAllows, _) if standing.may(Right::SwitchAccess) && standing.is_granted() => {
            ("/access#switches".to_owned(), "access-link-switches")
        }
        (StepCode::AccessGranted | StepCode::AccessSwitchedOn | StepCode::RoleAllows, _) => return None,
        (_, Some(id)) if may_manage => (credential_page(id), "access-link-credential"),
        (_, None) if may_manage && !standing.is_staff() => ("/credentials/new".to_owned(), "access-link-create"),
        _ if standing.may_have_own_key() => ("/my-key".to_owned(), "access-link-own-key"),
        _ => return None,
    };
    Some(Link { href: visit.url(&path), label: visit.t(label) })
}
