//! Addresses of these pages.

use crate::control::console::pages::member_keys::clear_page;
use crate::control::console::pages::page_urls::credential_page;
use crate::credential::Label;
use crate::store::CredentialRecord;

pub(super) const LIST: &str = "/credentials";

/// The page of a credential.
pub(super) fn path_of(id: &Label) -> String {
    credential_page(id.as_str())
}

/// The page that asks before it clears. The keys of users are cleared where they are managed.
pub(super) fn clear_path(record: &CredentialRecord) -> String {
    match record.owner {
        Some(_) => clear_page(&record.id),
        None => format!("{}/clear", path_of(&record.id)),
    }
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
