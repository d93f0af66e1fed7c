//! Whether a credential has a secret, for statements of other tables.

use jiff::Timestamp;

use super::write::CLEARED;

/// A condition on credentials `c`: a current or a previous secret is valid now. Read from tokens and hashes, because older
/// programs do not write the column `cleared`.
pub(in crate::store) fn has_secret(now: Timestamp) -> String {
    let now = now.as_millisecond();
    format!(
        "(EXISTS (SELECT 1 FROM tokens t WHERE t.credential = c.id AND (t.ends_at IS NULL OR t.ends_at > {now}))
        OR (c.password_hash IS NOT NULL AND c.password_hash <> '{CLEARED}')
        OR (c.previous_password_hash IS NOT NULL AND c.previous_ends_at > {now}))"
    )
}
