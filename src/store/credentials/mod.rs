//! The tables of credentials, their tokens and their uses.

mod catalog_use;
mod count_cache;
mod delivery;
mod expiring;
mod expiry_notices;
mod gate;
mod has_secret;
mod last_use;
mod list;
mod member_keys;
mod read;
mod record;
mod rehash;
mod search_index;
mod uniqueness;
mod used_addresses;
mod write;

pub use catalog_use::CatalogUse;
pub(super) use count_cache::CountCache;
pub use delivery::{DeliveryProgress, MessageProgress};
pub use expiring::{ExpiringCredential, expiry_event_id};
pub use expiry_notices::{ExpiryNotice, ExpiryRecipient};
pub(super) use gate::labels;
pub use gate::{GateCredential, Versioned};
pub(super) use has_secret::has_secret;
pub use list::{CredentialFilter, CredentialKind, CredentialState, StateCounts};
pub use read::Page;
pub use record::{CredentialRecord, PreviousSecret, RecordSecret};
pub(super) use search_index::IS_FILLED;
pub use uniqueness::{Holders, TakenNames};
pub use used_addresses::AddressRecord;
