//! The table of credentials.

pub(super) mod addresses;
pub(super) mod catalog_use;
pub(super) mod gate;
pub(super) mod last_use;
pub(super) mod list;
pub(super) mod read;
pub(super) mod readiness;
pub(super) mod record;
pub(super) mod rehash;
pub(super) mod search_index;
pub(super) mod uniqueness;
pub(super) mod write;
