//! Addresses of pages, and what stands in them.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::control::operations::NotFound;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::Label;

/// Ids may have a slash.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The id of an account in the path. What is no id is not found.
pub(super) struct AccountId(pub(super) Label);

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

/// The page of a user.
pub(super) fn user_page(id: &str) -> String {
    format!("/users/{}", segment(id))
}

/// A list, limited to an account.
pub(super) fn of_account(list: &str, account: &Label) -> String {
    format!("{list}?account={}", query_value(account.as_str()))
}

/// A value in a query.
pub(super) fn query_value(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The part of an address behind `?`.
pub(super) fn query_of(target: &str) -> &str {
    target.split_once('?').map_or("", |(_, query)| query)
}

/// An id as one segment of a path.
pub(super) fn segment(id: &str) -> String {
    utf8_percent_encode(id, SEGMENT).to_string()
}

impl FromRequestParts<ControlState> for AccountId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, state).await.ok();
        id.and_then(|Path(id)| id.parse().ok()).map(Self).ok_or_else(|| NotFound("account").into())
    }
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
}
