//! The filter of the audit log.

use crate::control::console::pages::url_params::{day, label, word};
use crate::control::console::posted_form::Reader;
use crate::control::operations::Invalid;
use crate::store::{ActorKind, AuditFilter};

/// The values of the filter, as they stand in the address.
pub(super) struct Filter<'p> {
    pub(super) account: &'p str,
    pub(super) actor_kind: &'p str,
    pub(super) actor: &'p str,
    pub(super) verb: &'p str,
    pub(super) target_kind: &'p str,
    pub(super) target: &'p str,
    pub(super) since: &'p str,
    /// The last day.
    pub(super) until: &'p str,
}

impl<'p> Filter<'p> {
    pub(super) fn read(reader: &mut Reader<'p>) -> Self {
        Self {
            account: reader.text("account"),
            actor_kind: reader.text("actor_kind"),
            actor: reader.text("actor"),
            verb: reader.text("verb"),
            target_kind: reader.text("target_kind"),
            target: reader.text("target"),
            since: reader.text("since"),
            until: reader.text("until"),
        }
    }

    /// # Errors
    /// For each value that the list does not have.
    pub(super) fn filter(&self) -> Result<AuditFilter, Invalid> {
        let mut invalid = Invalid::default();
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let kinds = ActorKind::ALL.map(|kind| (kind.as_str(), kind));
        let filter = AuditFilter {
            account: label(&mut invalid, "account", self.account),
            actor_kind: word(&mut invalid, "actor_kind", self.actor_kind, &kinds),
            actor: text(self.actor),
            verb: text(self.verb),
            target_kind: text(self.target_kind),
            target: text(self.target),
            since: day(&mut invalid, "since", self.since, 0),
            until: day(&mut invalid, "until", self.until, 1),
        };
        invalid.into_result().map(|()| filter)
    }

    pub(super) fn with_cursor(&self, cursor: &'p str) -> [(&'static str, &'p str); 9] {
        [
            ("account", self.account),
            ("actor_kind", self.actor_kind),
            ("actor", self.actor),
            ("verb", self.verb),
            ("target_kind", self.target_kind),
            ("target", self.target),
            ("since", self.since),
            ("until", self.until),
            ("cursor", cursor),
        ]
    }
}
