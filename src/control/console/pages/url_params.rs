//! Reads what stands in the address of a page: the id in its path, and the values of its query.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::control::Sentence;
use crate::control::console::posted_form::{Fields, Posted};
use crate::control::operations::{Invalid, NotFound};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::Label;

/// The id in the path. What cannot be an id is not found.
pub(super) struct Id(pub(super) Label);

impl FromRequestParts<ControlState> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, state).await.ok();
        id.and_then(|Path(id)| id.parse().ok()).map(Self).ok_or_else(|| NotFound("page").into())
    }
}

/// The id of an account in the path. What is no id is not found.
pub(super) struct AccountId(pub(super) Label);

impl FromRequestParts<ControlState> for AccountId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, state).await.ok();
        id.and_then(|Path(id)| id.parse().ok()).map(Self).ok_or_else(|| NotFound("account").into())
    }
}

/// The part of an address behind `?`.
pub(super) fn query_of(target: &str) -> &str {
    target.split_once('?').map_or("", |(_, query)| query)
}

/// The query of an address, as a form that was posted.
///
/// # Errors
/// For text that is no query.
pub(super) fn query(target: &str) -> Result<Posted, Problem> {
    Ok(Posted { fields: Fields::parse(query_of(target))?, key: None, revision: None })
}

/// `None` where the field is empty, or faulty.
pub(super) fn label(invalid: &mut Invalid, field: &'static str, text: &str) -> Option<Label> {
    if text.is_empty() {
        return None;
    }
    let parsed = text.parse();
    parsed.map_err(|error: crate::credential::LabelError| invalid.add(field, error.into())).ok()
}

/// One of these words; `None` where the field is empty, or faulty.
pub(super) fn word<T: Copy>(invalid: &mut Invalid, field: &'static str, text: &str, words: &[(&str, T)]) -> Option<T> {
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() && !text.is_empty() {
        invalid.add(field, Sentence::NoChoice);
    }
    found
}

/// The beginning of a day in UTC, `later` days after the one that was entered.
pub(super) fn day(invalid: &mut Invalid, field: &'static str, text: &str, later: i64) -> Option<Timestamp> {
    if text.is_empty() {
        return None;
    }
    let date: Option<Date> = text.parse().ok();
    let date = date.and_then(|date| date.checked_add(jiff::Span::new().try_days(later).ok()?).ok());
    let moment = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok()).map(|day| day.timestamp());
    if moment.is_none() {
        invalid.add(field, Sentence::Date);
    }
    moment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_in_a_query_is_a_fault_of_its_field() {
        let mut invalid = Invalid::default();
        assert_eq!(label(&mut invalid, "account", ""), None);
        assert_eq!(word(&mut invalid, "state", "", &[("on", 1)]), None);
        assert_eq!(day(&mut invalid, "since", "", 0), None);
        assert_eq!(word(&mut invalid, "state", "on", &[("on", 1)]), Some(1));
        assert_eq!(day(&mut invalid, "since", "2026-02-28", 1), Some("2026-03-01T00:00:00Z".parse().unwrap()));
        assert!(invalid.0.is_empty());
        for junk in ["2026-02-30", "yesterday", "\u{0}", "9999-12-31"] {
            day(&mut invalid, "since", junk, 1);
        }
        label(&mut invalid, "account", "a b");
        word(&mut invalid, "state", "ON", &[("on", 1)]);
        let fields: Vec<_> = invalid.0.iter().map(|fault| fault.field.as_ref()).collect();
        assert_eq!(fields, ["since", "since", "since", "since", "account", "state"]);
    }
}
