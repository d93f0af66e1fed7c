//! Reading who did what to what.

use jiff::Timestamp;

use crate::credential::Label;
use crate::store::credentials::gate::moment;
use crate::store::{ActorKind, Listing, Store, StoreError, asked};

/// A line of the audit, as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Later ones sort behind earlier ones.
    pub id: String,
    /// When, by the clock of whoever wrote it.
    pub at: Timestamp,
    /// What kind of caller it was, as it is stored.
    pub actor_kind: String,
    /// Which one.
    pub actor: String,
    /// What was done.
    pub verb: String,
    /// The account it belongs to, if to one.
    pub account: Option<String>,
    /// What kind of thing it was done to.
    pub target_kind: String,
    /// Which one.
    pub target: String,
    /// What that was before, as JSON.
    pub before: Option<String>,
    /// What it was then, as JSON.
    pub after: Option<String>,
    /// The request it came with.
    pub request_id: Option<String>,
    /// Where that came from.
    pub address: Option<String>,
}

/// Which lines of the audit are wanted: those for which all holds that is said.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of this account.
    pub account: Option<Label>,
    /// By this kind of caller.
    pub actor_kind: Option<ActorKind>,
    /// By this caller.
    pub actor: Option<String>,
    /// This was done.
    pub verb: Option<String>,
    /// To this kind of thing.
    pub target_kind: Option<String>,
    /// To this thing.
    pub target: Option<String>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

const COLUMNS: &str = "id, at, actor_kind, actor, verb, account, target_kind, target, before_it, after_it, request_id,
    address";

impl Store {
    /// What was done to this thing, the newest first.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn audit_of(&self, kind: &str, target: &str, most: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let (target_kind, target) = (Some(kind.to_owned()), Some(target.to_owned()));
        let filter = AuditFilter { target_kind, target, ..AuditFilter::default() };
        let mut listing = self.audit_before(None, &filter, most).await?;
        listing.unreadable.pop().map_or(Ok(listing.records), Err)
    }

    /// The next lines before this one, the newest first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn audit_before(
        &self,
        id: Option<&str>,
        filter: &AuditFilter,
        most: u32,
    ) -> Result<Listing<AuditRecord>, StoreError> {
        let begin = format!("SELECT {COLUMNS} FROM audit WHERE 1 = 1");
        let rows: Vec<Row> = asked!(self, begin, |sql, pool| {
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
            // Ids begin with their moment, and have an index.
            if let Some(since) = filter.since {
                sql.push(" AND id >= ").push_bind(first_id(since));
            }
            if let Some(until) = filter.until {
                sql.push(" AND id < ").push_bind(first_id(until));
            }
            sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(most) + 1);
            sql.build_query_as().persistent(false).fetch_all(pool)
        })?;
        Ok(Listing::of(rows, most, |row| &row.id, Row::record))
    }
}

/// Before every id of this millisecond, and behind all earlier ones.
fn first_id(moment: Timestamp) -> String {
    let millis = u64::try_from(moment.as_millisecond()).unwrap_or_default();
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
        let Ok(at) = moment(self.at) else {
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
