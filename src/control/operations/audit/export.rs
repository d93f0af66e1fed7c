use std::io;

use jiff::Timestamp;
use serde_json::json;

use super::within_reach;
use crate::control::operations::{OperationContext, OperationError};
use crate::credential::Label;
use crate::formats::table;
use crate::store::{ActorKind, AuditEntry, AuditFilter, AuditRecord, Store, StoreError};

/// Entries read at once.
const PAGE_SIZE: u32 = 500;

const COLUMNS: [&str; 12] = [
    "id",
    "at",
    "actor_kind",
    "actor",
    "verb",
    "account",
    "target_kind",
    "target",
    "before",
    "after",
    "request_id",
    "address",
];

/// CSV (RFC 4180) that is read page by page. Cells are escaped so that no spreadsheet reads one as a formula.
pub struct AuditTable {
    store: Store,
    filter: AuditFilter,
    after: After,
    unreadable: Vec<StoreError>,
}

/// The last entry that was read.
enum After {
    Nothing,
    Entry(String),
    Everything,
}

/// Records the export in the audit, and starts a table of the entries within the caller's reach, newest first.
///
/// # Errors
/// A refusal; [`Invalid`](crate::control::operations::Invalid) for an unfit filter; a store that cannot be written.
pub async fn export_audit(call: &OperationContext<'_>, filter: AuditFilter) -> Result<AuditTable, OperationError> {
    let filter = within_reach(call, filter)?;
    let entry = AuditEntry {
        verb: "export_audit",
        account: filter.account.as_ref().map(Label::to_string),
        target_kind: "audit",
        target: filter.account.as_ref().map_or("*".to_owned(), Label::to_string),
        before: None,
        after: Some(filter_json(&filter)),
    };
    let mut transaction = call.begin().await?;
    transaction.audit(call.actor(), &entry).await?;
    transaction.commit().await?;
    Ok(AuditTable { store: call.store.clone(), filter, after: After::Nothing, unreadable: Vec::new() })
}

impl AuditTable {
    /// The next rows; `None` at the end. The first part begins with the names of the columns.
    ///
    /// # Errors
    /// A store that does not answer, or a failed write: the table is incomplete then.
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>, OperationError<io::Error>> {
        let after = match &self.after {
            After::Nothing => None,
            After::Entry(id) => Some(id.as_str()),
            After::Everything => return Ok(None),
        };
        let page = self.store.audit_before(after, &self.filter, PAGE_SIZE).await?;
        let header = after.is_none().then_some(COLUMNS.map(str::to_owned));
        let part = table(header.into_iter().chain(page.records.into_iter().map(cells)))?;
        self.after = page.end.map_or(After::Everything, After::Entry);
        self.unreadable = page.unreadable;
        Ok(Some(part))
    }

    /// Why entries are missing from the last part: their rows cannot be read.
    pub fn unreadable(&self) -> &[StoreError] {
        &self.unreadable
    }
}

/// In the order of [`COLUMNS`].
fn cells(record: AuditRecord) -> [String; COLUMNS.len()] {
    [
        record.id,
        record.at.to_string(),
        record.actor_kind,
        record.actor,
        record.verb,
        record.account.unwrap_or_default(),
        record.target_kind,
        record.target,
        record.before.unwrap_or_default(),
        record.after.unwrap_or_default(),
        record.request_id.unwrap_or_default(),
        record.address.unwrap_or_default(),
    ]
}

/// The filter, for the audit entry.
fn filter_json(filter: &AuditFilter) -> String {
    let moment = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
    let mut facts = json!({
        "actor_kind": filter.actor_kind.map(ActorKind::as_str),
        "actor": filter.actor,
        "verb": filter.verb,
        "target_kind": filter.target_kind,
        "target": filter.target,
        "since": moment(filter.since),
        "until": moment(filter.until),
    });
    if let Some(entries) = facts.as_object_mut() {
        entries.retain(|_, value| !value.is_null());
    }
    facts.to_string()
}
