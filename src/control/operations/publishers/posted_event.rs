//! What the API behind says about one of its events, and what is wrong with it.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::config::Webhooks;
use crate::control::Sentence;
use crate::control::operations::Invalid;
use crate::credential::{Label, ScopeCatalog};

/// Events of one request.
pub const MAX_EVENTS: usize = 100;
/// The body that webhooks send for one event.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;
const MAX_ID_BYTES: usize = 128;
/// That the events of one request name.
pub(super) const MAX_CREDENTIALS: usize = 100;
/// How far the clock of the API behind may be ahead of ours.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, Clone)]
pub struct PostedEvent {
    /// Chosen by the API behind: the same id again within seven days is the same event.
    pub id: String,
    pub account: String,
    pub entity: String,
    pub operation: String,
    pub occurred_at: Timestamp,
    /// An object.
    pub data: Value,
    /// Only webhooks of these credentials receive it; `None` for all of the account.
    pub credentials: Option<Vec<String>>,
    /// Only webhooks of credentials with this scope receive it.
    pub scope: Option<String>,
}

/// A field as a refusal names it; `position` in the list, from 0, where it is a list of several.
pub(in crate::control) fn event_field(position: Option<usize>, field: &'static str) -> Cow<'static, str> {
    position.map_or(Cow::Borrowed(field), |position| Cow::Owned(format!("[{position}].{field}")))
}

impl PostedEvent {
    /// What is wrong without a look at the database; `position` as in [`event_field`].
    pub(super) fn faults(
        &self,
        settings: &Webhooks,
        scopes: &ScopeCatalog,
        now: Timestamp,
        position: Option<usize>,
    ) -> Invalid {
        let mut invalid = Invalid::default();
        let mut fault = |field: &'static str, problem: String| {
            invalid.add(event_field(position, field), Sentence::english(problem));
        };
        if !(1..=MAX_ID_BYTES).contains(&self.id.len()) || !self.id.bytes().all(|byte| byte.is_ascii_graphic()) {
            fault("id", format!("must be 1 to {MAX_ID_BYTES} visible ASCII characters"));
        }
        match settings.entities.get(&self.entity) {
            None => {
                let known: Vec<&str> = settings.entities.keys().map(String::as_str).collect();
                fault("entity", format!("must be one of those in webhooks.entities: {}", known.join(", ")));
            }
            Some(operations) if !operations.contains(&self.operation) => {
                fault("operation", format!("must be one of: {}", operations.join(", ")));
            }
            Some(_) => {}
        }
        if self.occurred_at > now.checked_add(MAX_CLOCK_SKEW).unwrap_or(Timestamp::MAX) {
            fault("occurred_at", "must not be in the future".into());
        }
        if !self.data.is_object() {
            fault("data", "must be an object".into());
        }
        if let Some(credentials) = &self.credentials {
            let fits = (1..=MAX_CREDENTIALS).contains(&credentials.len());
            if !fits || credentials.iter().any(|id| id.parse::<Label>().is_err()) {
                fault("credentials", format!("must be 1 to {MAX_CREDENTIALS} ids; leave it out for all"));
            }
        }
        if let Some(scope) = self.scope.as_deref().filter(|scope| !scopes.contains(scope)) {
            fault("scope", format!("{} is not a scope of the settings", scope.escape_debug()));
        }
        invalid
    }
}
