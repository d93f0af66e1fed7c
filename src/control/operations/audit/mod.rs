//! Looking at what has been done: staff at all of it, an owner at what belongs to the account.

mod export;
mod list;

pub use export::{AuditTable, export_audit};
pub use list::{ReadAuditError, list_audit};
