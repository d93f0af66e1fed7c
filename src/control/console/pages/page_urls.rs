//! Builds the addresses of pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::credential::Label;

/// Ids may have a slash.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The page of an account.
pub(super) fn account_page(id: &Label) -> String {
    match id.as_str() {
        // A page of its own has this address.
        "new" => "/accounts/%6eew".to_owned(),
        id => format!("/accounts/{}", segment(id)),
    }
}

/// The page of an access request.
pub(super) fn request_page(id: &Label) -> String {
    format!("/requests/{}", segment(id.as_str()))
}

/// The page of a credential.
pub(super) fn credential_page(id: &str) -> String {
    match id {
        "new" => "/credentials/%6eew".to_owned(),
        id => format!("/credentials/{}", segment(id)),
    }
}

/// The page of a webhook.
pub(super) fn webhook_page(id: &Label) -> String {
    format!("/webhooks/{}", segment(id.as_str()))
}

/// The page of a user.
pub(super) fn user_page(id: &str) -> String {
    format!("/users/{}", segment(id))
}

/// A list, limited to an account.
pub(super) fn of_account(list: &str, account: &Label) -> String {
    format!("{list}?account={}", query_value(account.as_str()))
}

/// `list/id`
pub(super) fn page_of(list: &str, id: &Label) -> String {
    format!("{list}/{}", segment(id.as_str()))
}

/// The path with the values that are not empty.
pub(super) fn with_query(path: &str, values: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    for (name, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(name);
        address.push('=');
        address.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    address
}

/// A value in a query.
pub(super) fn query_value(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// An id as one segment of a path.
pub(super) fn segment(id: &str) -> String {
    utf8_percent_encode(id, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment_of_a_path() {
        for (id, path) in
            [("acme-1.b", "/accounts/acme-1.b"), ("a/b@c", "/accounts/a%2Fb%40c"), ("new", "/accounts/%6eew")]
        {
            assert_eq!(account_page(&id.parse().unwrap()), path);
        }
        assert_eq!(of_account("/users", &"a+b".parse().unwrap()), "/users?account=a%2Bb");
        assert_eq!(credential_page("new"), "/credentials/%6eew");
    }

    #[test]
    fn addresses_are_encoded() {
        assert_eq!(page_of("/users", &"a/b@c".parse().unwrap()), "/users/a%2Fb%40c");
        assert_eq!(with_query("/audit", &[("actor", ""), ("verb", "a&b=\"c")]), "/audit?verb=a%26b%3D%22c");
        assert_eq!(with_query("/a", &[("b", "1"), ("c", "é")]), "/a?b=1&c=%C3%A9");
    }
}
