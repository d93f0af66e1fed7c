//! Addresses of these pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::control::console::pages::management::clear_page;
use crate::credential::Label;
use crate::store::CredentialRecord;

pub(super) const LIST: &str = "/credentials";
/// Ids may have a slash.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The page of a credential.
pub(super) fn path_of(id: &Label) -> String {
    match id.as_str() {
        // A page of its own has this address.
        "new" => format!("{LIST}/%6eew"),
        id => format!("{LIST}/{}", utf8_percent_encode(id, SEGMENT)),
    }
}

/// The page that asks before it clears. The keys of users are cleared where they are managed.
pub(super) fn clear_path(record: &CredentialRecord) -> String {
    match record.owner {
        Some(_) => clear_page(&record.id),
        None => format!("{}/clear", path_of(&record.id)),
    }
}

/// The page of an account.
pub(super) fn account_path(account: &Label) -> String {
    format!("/accounts/{}", utf8_percent_encode(account.as_str(), SEGMENT))
}

/// A value in a query.
pub(super) fn query_value(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment_of_a_path() {
        for (id, path) in [
            ("acme-1.b_c", "/credentials/acme-1.b_c"),
            ("a/b@c:d+e", "/credentials/a%2Fb%40c%3Ad%2Be"),
            ("new", "/credentials/%6eew"),
            ("News", "/credentials/News"),
        ] {
            assert_eq!(path_of(&id.parse().unwrap()), path);
        }
    }
}
