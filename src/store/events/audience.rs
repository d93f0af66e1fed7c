//! Which credentials an event is for. A restriction that cannot be read, or names nothing, opens nothing.

use crate::credential::Label;
use crate::store::StoreError;
use crate::store::credentials::labels;

/// Whom an event is for, within its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Audience {
    /// Posted by the API behind; otherwise this program's own.
    is_published: bool,
    /// Of an event of this program: the credential it is about.
    about: Option<String>,
    /// Only these; an empty list is none.
    credentials: Option<Vec<Label>>,
    /// Only credentials with this scope.
    scope: Option<Label>,
}

/// A credential, as far as events depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Reader {
    pub(in crate::store) credential: Label,
    /// `None`: all; an empty list is none.
    pub(in crate::store) scopes: Option<Vec<Label>>,
    /// A member's own key.
    pub(in crate::store) is_of_member: bool,
}

/// The columns of an event that restrict who reads it.
pub(in crate::store) const AUDIENCE_COLUMNS: &str = "e.publisher, e.credential AS about, e.credentials, e.scope";
/// The columns of a credential `c` with owner `u` that decide what it reads.
pub(in crate::store) const READER_COLUMNS: &str = "c.id AS reader, c.scopes AS reader_scopes,
    (c.owner IS NOT NULL AND COALESCE(u.role, 'member') = 'member') AS is_of_member";

#[derive(sqlx::FromRow)]
pub(in crate::store) struct AudienceRow {
    publisher: Option<String>,
    about: Option<String>,
    credentials: Option<String>,
    scope: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(in crate::store) struct ReaderRow {
    reader: String,
    reader_scopes: Option<String>,
    is_of_member: bool,
}

impl Audience {
    pub(in crate::store) fn includes(&self, reader: &Reader) -> bool {
        let is_named = self.credentials.as_ref().is_none_or(|named| named.contains(&reader.credential));
        let has_scope = match (&self.scope, &reader.scopes) {
            (None, _) | (Some(_), None) => true,
            (Some(scope), Some(scopes)) => scopes.contains(scope),
        };
        let is_open_to_member = self.is_published || self.about.as_deref() == Some(reader.credential.as_str());
        is_named && has_scope && (!reader.is_of_member || is_open_to_member)
    }
}

impl AudienceRow {
    /// `event` is its id.
    pub(in crate::store) fn audience(self, event: &str) -> Result<Audience, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "events", column, id: event.to_owned() };
        let named = self.credentials.as_deref();
        Ok(Audience {
            // Events of this program about expiry have a source, too.
            is_published: self.publisher.is_some() && self.about.is_none(),
            about: self.about,
            credentials: named.map(|words| labels(words).ok_or_else(|| broken("credentials"))).transpose()?,
            scope: self.scope.map(|scope| scope.parse().map_err(|_| broken("scope"))).transpose()?,
        })
    }
}

impl ReaderRow {
    pub(in crate::store) fn reader(self) -> Result<Reader, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "credentials", column, id: self.reader.clone() };
        let scopes = self.reader_scopes.as_deref();
        Ok(Reader {
            credential: self.reader.parse().map_err(|_| broken("id"))?,
            scopes: scopes.map(|words| labels(words).ok_or_else(|| broken("scopes"))).transpose()?,
            is_of_member: self.is_of_member,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audience(publisher: Option<&str>, about: Option<&str>, named: Option<&str>, scope: Option<&str>) -> AudienceRow {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        AudienceRow { publisher: owned(publisher), about: owned(about), credentials: owned(named), scope: owned(scope) }
    }

    fn reader(scopes: Option<&[&str]>, is_of_member: bool) -> Reader {
        let label = |text: &&str| text.parse().unwrap();
        let scopes = scopes.map(|scopes| scopes.iter().map(label).collect());
        Reader { credential: "key".parse().unwrap(), scopes, is_of_member }
    }

    #[test]
    fn an_event_is_for_those_that_every_restriction_admits() {
        const ANY: Option<&str> = None;
        let rows = [
            // publisher, about, credentials, scope, scopes of the reader, of a member, is for it
            (ANY, ANY, ANY, ANY, None, false, true),
            (ANY, ANY, ANY, ANY, Some(&[][..]), false, true),
            (ANY, Some("other"), ANY, ANY, None, false, true),
            (ANY, Some("key"), ANY, ANY, None, true, true),
            (ANY, Some("other"), ANY, ANY, None, true, false),
            (ANY, ANY, ANY, ANY, None, true, false),
            (Some("api"), ANY, ANY, ANY, None, true, true),
            (Some("api"), ANY, Some("key"), ANY, None, true, true),
            (Some("api"), ANY, Some("a key b"), ANY, None, false, true),
            (Some("api"), ANY, Some("keys KEY"), ANY, None, false, false),
            (Some("api"), ANY, Some(""), ANY, None, false, false),
            (Some("api"), ANY, Some(" "), ANY, None, false, false),
            (Some("api"), ANY, ANY, Some("read"), None, false, true),
            (Some("api"), ANY, ANY, Some("read"), Some(&["write", "read"][..]), false, true),
            (Some("api"), ANY, ANY, Some("read"), Some(&["readers"][..]), false, false),
            (Some("api"), ANY, ANY, Some("read"), Some(&[][..]), false, false),
            (Some("api"), ANY, Some("other"), Some("read"), None, false, false),
            (Some("api"), ANY, Some("key"), Some("read"), Some(&["write"][..]), true, false),
        ];
        for (publisher, about, named, scope, scopes, is_of_member, is_included) in rows {
            let audience = audience(publisher, about, named, scope).audience("evt_1").unwrap();
            let reader = reader(scopes, is_of_member);
            assert_eq!(audience.includes(&reader), is_included, "{audience:?} {reader:?}");
        }
    }

    #[test]
    fn a_restriction_that_cannot_be_read_is_an_error() {
        for row in [audience(None, None, Some("a ä"), None), audience(None, None, None, Some(""))] {
            assert!(matches!(row.audience("evt_1"), Err(StoreError::Inconsistent { table: "events", .. })));
        }
        let row = ReaderRow { reader: "key".into(), reader_scopes: Some("a,b".into()), is_of_member: false };
        assert!(matches!(row.reader(), Err(StoreError::Inconsistent { table: "credentials", column: "scopes", .. })));
    }
}
