//! Reading the audit log.

use crate::store::timestamps::from_millis;
use jiff::Timestamp;

use crate::credential::Label;
use crate::store::{ActorKind, Listing, Store, StoreError, fetch};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Sorts by time.
    pub id: String,
    /// By the clock of the process that wrote it.
    pub at: Timestamp,
    /// As stored: a newer version may know more kinds.
    pub actor_kind: String,
    pub actor: String,
    pub verb: String,
    pub account: Option<String>,
    pub target_kind: String,
    pub target: String,
    /// JSON.
    pub before: Option<String>,
    /// JSON.
    pub after: Option<String>,
    pub request_id: Option<String>,
    /// Of the client.
    pub address: Option<String>,
}

/// Conditions that all apply; the default matches every entry.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub account: Option<Label>,
    pub actor_kind: Option<ActorKind>,
    pub actor: Option<String>,
    pub verb: Option<String>,
    pub target_kind: Option<String>,
    pub target: Option<String>,
    /// Inclusive.
    pub since: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

const COLUMNS: &str = "id, at, actor_kind, actor, verb, account, target_kind, target, before_it, after_it, request_id,
    address";

impl Store {
    /// The newest `limit` entries on one target.
    pub async fn audit_of(&self, kind: &str, target: &str, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let (target_kind, target) = (Some(kind.to_owned()), Some(target.to_owned()));
        let filter = AuditFilter { target_kind, target, ..AuditFilter::default() };
        let mut listing = self.audit_before(None, &filter, limit).await?;
        listing.unreadable.pop().map_or(Ok(listing.records), Err)
    }

    /// The newest `limit` entries before this id.
    pub async fn audit_before(
        &self,
        id: Option<&str>,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Listing<AuditRecord>, StoreError> {
        let begin = format!("SELECT {COLUMNS} FROM audit WHERE 1 = 1");
        let rows: Vec<Row> = fetch!(self, begin, |sql, connection| {
            let equal = [
                (" AND account = ", filter.account.as_ref().map(Label::as_str)),
                (" AND actor_kind = ", filter.actor_kind.map(ActorKind::as_str)),
                (" AND actor = ", filter.actor.as_deref()),
                (" AND verb = ", filter.verb.as_deref()),
                (" AND target_kind = ", filter.target_kind.as_deref()),
                (" AND target = ", filter.target.as_deref()),
                (" AND id < ", id),
            ];
            for (condition, value) in equal {
                if let Some(value) = value {
                    sql.push(condition).push_bind(value);
                }
            }
            // Ids begin with their timestamp, and are indexed.
            if let Some(since) = filter.since {
                sql.push(" AND id >= ").push_bind(first_id(since));
            }
            if let Some(until) = filter.until {
                sql.push(" AND id < ").push_bind(first_id(until));
            }
            sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit) + 1);
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(Listing::by_id(rows, limit, |row| &row.id, Row::record))
    }
}

/// Sorts before every id of this millisecond, and after all earlier ones.
fn first_id(at: Timestamp) -> String {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    at: i64,
    actor_kind: String,
    actor: String,
    verb: String,
    account: Option<String>,
    target_kind: String,
    target: String,
    before_it: Option<String>,
    after_it: Option<String>,
    request_id: Option<String>,
    address: Option<String>,
}

impl Row {
    fn record(self) -> Result<AuditRecord, StoreError> {
        let Ok(at) = from_millis(self.at) else {
            return Err(StoreError::Inconsistent { table: "audit", column: "at", id: self.id });
        };
        Ok(AuditRecord {
            at,
            id: self.id,
            actor_kind: self.actor_kind,
            actor: self.actor,
            verb: self.verb,
            account: self.account,
            target_kind: self.target_kind,
            target: self.target,
            before: self.before_it,
            after: self.after_it,
            request_id: self.request_id,
            address: self.address,
        })
    }
}
