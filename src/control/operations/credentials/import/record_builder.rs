use jiff::Timestamp;

use crate::control::operations::credentials::field_validation::email_list;
use crate::control::operations::text_rules::{non_empty, trimmed};
use crate::credential::{Credential, RateLimit};
use crate::formats::{Extent, Notes};
use crate::store::{Actor, CredentialRecord, RecordSecret, whole_millis};

/// Builds records from entries of a file.
pub(super) struct RecordBuilder<'r> {
    pub(super) actor: &'r Actor,
    pub(super) now: Timestamp,
}

impl RecordBuilder<'_> {
    /// The entry, with fields that the file does not have taken from the existing record.
    pub(super) fn whole(
        &self,
        before: Option<&CredentialRecord>,
        credential: &Credential,
        notes: &Notes,
        extent: &Extent,
    ) -> CredentialRecord {
        let mut record = before.map_or_else(|| self.first(credential), |before| self.with_secret(before, credential));
        if record.account != credential.account.id {
            // The owner is a user of the previous account.
            record.owner = None;
        }
        record.account = credential.account.id.clone();
        // A new record has no fields to keep.
        let has = |column| before.is_none() || extent.has(column);
        if has("name") && record.name.as_deref() != credential.name.as_deref() {
            record.name = trimmed(credential.name.as_deref().map(str::to_owned));
        }
        if has("version") {
            record.version = credential.version.clone();
        }
        if has("scopes") {
            record.scopes =
                credential.scopes.as_ref().map(|scopes| scopes.names().filter_map(|name| name.parse().ok()).collect());
        }
        if has("addresses") {
            record.addresses = credential.addresses.to_vec();
        }
        if has("expires_at") {
            record.expires_at = credential.expires_at.map(whole_millis);
        }
        if has("rate_limit.requests") {
            record.rate_limit = rate_limit(before, credential, extent);
        }
        if has("enabled") {
            record.enabled = credential.enabled;
        }
        let places = [
            (&mut record.description, &notes.description),
            (&mut record.contact_email, &notes.contact_email),
            (&mut record.contact_mobile, &notes.contact_mobile),
            (&mut record.disabled_reason, &notes.disabled_reason),
        ];
        for (place, note) in places {
            if let Some(note) = note
                && place != note
            {
                *place = non_empty(note.clone());
            }
        }
        if let Some(emails) = &notes.developer_emails {
            let words = emails.iter().flat_map(|emails| emails.split_whitespace().map(str::to_owned));
            record.developer_emails = email_list(&words.collect::<Vec<_>>());
        }
        if record.enabled {
            record.disabled_reason = None;
        }
        // The database increments it too.
        if let Some(before) = before.filter(|before| **before != record && before.revision == record.revision) {
            record.revision = before.revision + 1;
        }
        record
    }

    /// The existing record with the secret of the entry.
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

/// Keeps the burst of an existing limit where the file has no column for it.
pub(super) fn rate_limit(
    before: Option<&CredentialRecord>,
    credential: &Credential,
    extent: &Extent,
) -> Option<RateLimit> {
    let kept = before.and_then(|before| before.rate_limit).filter(|_| !extent.has("rate_limit.burst"));
    credential.rate_limit.map(|rate| RateLimit { burst: kept.map_or(rate.burst, |kept| kept.burst), ..rate })
}

/// Names of the fields that differ, as in files.
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
        ("developer_emails", before.developer_emails != after.developer_emails),
        ("disabled_reason", before.disabled_reason != after.disabled_reason),
    ];
    facts.into_iter().filter(|(_, is_different)| *is_different).map(|(name, _)| name).collect()
}
