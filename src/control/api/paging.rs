//! Pages of lists.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::FieldReader;
use crate::control::Sentence;
use crate::control::operations::{MAX_PAGE_SIZE, Paging};
use crate::store::{Listing, StoreError};

const DEFAULT_LIMIT: u32 = 50;

/// The page that a query names.
pub(super) struct PageQuery {
    after: Option<String>,
    limit: u32,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The entries of this page.
    items: Vec<T>,
    /// The cursor of the next page; null on the last page.
    next_cursor: Option<String>,
    /// The ids of entries that are left out because their rows cannot be read; the log has the reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    unreadable: Vec<String>,
}

impl PageQuery {
    pub(super) fn read(fields: &mut FieldReader, cursor: Option<&str>, limit: Option<u32>) -> Self {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_PAGE_SIZE).contains(&limit) {
            fields.add("limit", Sentence::CountOutOfRange { max: u64::from(MAX_PAGE_SIZE).into() });
        }
        let decoded =
            cursor.map(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|text| String::from_utf8(text).ok()));
        let after = decoded.map(|after| after.filter(|after| !after.contains('\0')));
        if after == Some(None) {
            fields.add("cursor", Sentence::english("is not a next_cursor of this API"));
        }
        Self { after: after.flatten(), limit }
    }

    pub(super) fn paging(&self) -> Paging<'_> {
        Paging { after: self.after.as_deref(), limit: self.limit }
    }
}

impl<T> Page<T> {
    pub(super) fn of<R>(listing: Listing<R>) -> Self
    where
        T: for<'r> From<&'r R>,
    {
        Self::with(listing, |record| T::from(record))
    }

    pub(super) fn with<R>(listing: Listing<R>, view: impl Fn(&R) -> T) -> Self {
        for error in &listing.unreadable {
            tracing::error!("{error}");
        }
        let next_cursor = listing.end.map(|end| URL_SAFE_NO_PAD.encode(end));
        let id = |error: &StoreError| match error {
            StoreError::Inconsistent { id, .. } => Some(id.clone()),
            _ => None,
        };
        let unreadable = listing.unreadable.iter().filter_map(id).collect();
        Self { items: listing.records.iter().map(view).collect(), next_cursor, unreadable }
    }
}
