//! The records that entries of a file become.

use jiff::Timestamp;

use crate::credential::{Credential, RateLimit};
use crate::formats::{Extent, Notes};
use crate::store::{Actor, CredentialRecord, RecordSecret, whole_millis};

/// What makes records.
pub(super) struct Records<'r> {
    pub(super) actor: &'r Actor,
    pub(super) now: Timestamp,
}

impl Records<'_> {
    /// What the file says, over what it does not speak of.
    pub(super) fn whole(
        &self,
        before: Option<&CredentialRecord>,
        credential: &Credential,
        notes: Option<&Notes>,
        extent: &Extent,
    ) -> CredentialRecord {
        let mut record = before.map_or_else(|| self.first(credential), |before| self.with_secret(before, credential));
        if record.account != credential.account.id {
            // Users stay with their account.
            record.owner = None;
        }
        record.account = credential.account.id.clone();
        // A new one has nothing to keep.
        let says = |column| before.is_none() || extent.has(column);
        if says("name") {
            record.name = credential.name.as_deref().map(str::to_owned);
        }
        if says("version") {
            record.version = credential.version.clone();
        }
        if says("scopes") {
            record.scopes =
                credential.scopes.as_ref().map(|scopes| scopes.names().filter_map(|name| name.parse().ok()).collect());
        }
        if says("addresses") {
            record.addresses = credential.addresses.to_vec();
        }
        if says("expires_at") {
            record.expires_at = credential.expires_at.map(whole_millis);
        }
        if says("rate_limit.requests") {
            record.rate_limit = rate_limit(before, credential, extent);
        }
        if says("enabled") {
            record.enabled = credential.enabled;
        }
        if let Some(notes) = notes {
            let places = [
                (&mut record.description, &notes.description),
                (&mut record.contact_email, &notes.contact_email),
                (&mut record.contact_mobile, &notes.contact_mobile),
                (&mut record.disabled_reason, &notes.disabled_reason),
            ];
            for (place, note) in places {
                if let Some(note) = note {
                    place.clone_from(note);
                }
            }
        }
        if record.enabled {
            record.disabled_reason = None;
        }
        // As the database counts it.
        if let Some(before) = before.filter(|before| **before != record && before.revision == record.revision) {
            record.revision = before.revision + 1;
        }
        record
    }

    /// Another secret, and nothing else.
    pub(super) fn with_secret(&self, before: &CredentialRecord, credential: &Credential) -> CredentialRecord {
        let mut record = before.clone();
        let secret = RecordSecret::from(credential.secret.clone());
        if record.secret != secret {
            record.secret = secret;
            record.previous = None;
            record.hint = None;
            record.secret_made_at = self.now;
            record.handed_over_at = None;
            record.revision = before.revision + 1;
        }
        record
    }

    fn first(&self, credential: &Credential) -> CredentialRecord {
        let (id, account) = (credential.id.clone(), credential.account.id.clone());
        CredentialRecord::new(id, account, credential.secret.clone(), self.now, &self.actor.id)
    }
}

/// Of a limit that stays one, the burst stays if nothing is said of it.
pub(super) fn rate_limit(
    before: Option<&CredentialRecord>,
    credential: &Credential,
    extent: &Extent,
) -> Option<RateLimit> {
    let kept = before.and_then(|before| before.rate_limit).filter(|_| !extent.has("rate_limit.burst"));
    credential.rate_limit.map(|rate| RateLimit { burst: kept.map_or(rate.burst, |kept| kept.burst), ..rate })
}

/// What is different, by the names that files have for it.
pub(super) fn differences(before: &CredentialRecord, after: &CredentialRecord) -> Vec<&'static str> {
    let secret = match (&before.secret, &after.secret) {
        (RecordSecret::Token(_), _) => "token",
        (RecordSecret::Password { .. }, _) => "password",
    };
    let facts = [
        (secret, before.secret != after.secret),
        ("account", before.account != after.account),
        ("enabled", !before.enabled && after.enabled),
        ("disabled", before.enabled && !after.enabled),
        ("name", before.name != after.name),
        ("version", before.version != after.version),
        ("scopes", before.scopes != after.scopes),
        ("expires_at", before.expires_at != after.expires_at),
        ("addresses", before.addresses != after.addresses),
        ("rate_limit", before.rate_limit != after.rate_limit),
        ("description", before.description != after.description),
        ("contact_email", before.contact_email != after.contact_email),
        ("contact_mobile", before.contact_mobile != after.contact_mobile),
        ("disabled_reason", before.disabled_reason != after.disabled_reason),
    ];
    facts.into_iter().filter(|(_, is_different)| *is_different).map(|(name, _)| name).collect()
}
