//! Lists, page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::Fields;
use crate::control::operations::{MAX_PAGE_SIZE, Paging};
use crate::store::{Listing, StoreError};

const DEFAULT: u32 = 50;

/// A page that is asked for.
pub(super) struct Wanted {
    after: Option<String>,
    limit: u32,
}

/// A page.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// In the order of the list.
    items: Vec<T>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
    /// Ids of those that are left out because they cannot be read; why stands in the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    unreadable: Vec<String>,
}

impl Wanted {
    /// What a query says of it.
    pub(super) fn read(fields: &mut Fields, cursor: Option<&str>, limit: Option<u32>) -> Self {
        let limit = limit.unwrap_or(DEFAULT);
        if !(1..=MAX_PAGE_SIZE).contains(&limit) {
            fields.add("limit", format!("must be 1 to {MAX_PAGE_SIZE}"));
        }
        let decoded =
            cursor.map(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|text| String::from_utf8(text).ok()));
        let after = decoded.map(|after| after.filter(|after| !after.contains('\0')));
        if after == Some(None) {
            fields.add("cursor", "is not what an answer gave as the next page");
        }
        Self { after: after.flatten(), limit }
    }

    /// For an operation.
    pub(super) fn paging(&self) -> Paging<'_> {
        Paging { after: self.after.as_deref(), limit: self.limit }
    }
}

impl<T> Page<T> {
    /// Of what was read. Why the rest cannot be is for the log.
    pub(super) fn of<R>(listing: Listing<R>) -> Self
    where
        T: for<'r> From<&'r R>,
    {
        for error in &listing.unreadable {
            tracing::error!("{error}");
        }
        let next_cursor = listing.end.map(|end| URL_SAFE_NO_PAD.encode(end));
        let id = |error: &StoreError| match error {
            StoreError::Inconsistent { id, .. } => Some(id.clone()),
            _ => None,
        };
        let unreadable = listing.unreadable.iter().filter_map(id).collect();
        Self { items: listing.records.iter().map(T::from).collect(), next_cursor, unreadable }
    }
}
