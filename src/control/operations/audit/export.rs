//! The audit as a table, a part at a time.

use jiff::Timestamp;
use serde_json::json;

use super::list::{ReadAuditError, within_reach};
use crate::control::operations::OperationContext;
use crate::credential::Label;
use crate::formats::table;
use crate::store::{ActorKind, AuditEntry, AuditFilter, AuditRecord, Store, StoreError};

/// Read at once.
const PAGE: u32 = 500;

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

/// A table that is written while it is read (RFC 4180). No spreadsheet takes a cell of it for a formula.
pub struct AuditTable {
    store: Store,
    filter: AuditFilter,
    after: After,
    unreadable: Vec<StoreError>,
}

/// How far it is.
enum After {
    Nothing,
    Line(String),
    Everything,
}

/// Begins a table of what has been done, the newest first. That somebody takes it away is put down first.
///
/// # Errors
/// When the caller may see none of it, or nothing can be put down.
pub async fn export_audit(call: &OperationContext<'_>, filter: AuditFilter) -> Result<AuditTable, ReadAuditError> {
    let filter = within_reach(call, filter)?;
    let entry = AuditEntry {
        verb: "export_audit",
        account: filter.account.as_ref().map(Label::to_string),
        target_kind: "audit",
        target: filter.account.as_ref().map_or("*".to_owned(), Label::to_string),
        before: None,
        after: Some(told(&filter)),
    };
    let mut transaction = call.begin().await??;
    transaction.audit(call.actor(), &entry).await?;
    transaction.commit().await?;
    Ok(AuditTable { store: call.store.clone(), filter, after: After::Nothing, unreadable: Vec::new() })
}

impl AuditTable {
    /// The next part of the text; `None` when there is no more. The first begins with the names of the columns.
    ///
    /// # Errors
    /// When nothing can be read: then the table is not whole.
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>, ReadAuditError> {
        let after = match &self.after {
            After::Nothing => None,
            After::Line(id) => Some(id.as_str()),
            After::Everything => return Ok(None),
        };
        let page = self.store.audit_before(after, &self.filter, PAGE).await?;
        let header = after.is_none().then_some(COLUMNS.map(str::to_owned));
        let part = table(header.into_iter().chain(page.records.into_iter().map(cells)))?;
        self.after = page.end.map_or(After::Everything, After::Line);
        self.unreadable = page.unreadable;
        Ok(Some(part))
    }

    /// What is wrong with the lines of the last part that cannot be read, and so are left out.
    pub fn unreadable(&self) -> &[StoreError] {
        &self.unreadable
    }
}

/// In the order of the columns.
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

/// What was taken away, for the audit.
fn told(filter: &AuditFilter) -> String {
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
