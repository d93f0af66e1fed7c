//! The newest events, as samples of what a webhook is sent.

use jiff::Timestamp;

use super::audience::{AUDIENCE_COLUMNS, AudienceRow, READER_COLUMNS, Reader, ReaderRow};
use crate::credential::Label;
use crate::store::timestamps::from_millis;
use crate::store::{Store, StoreError, fetch, fetch_optional};

/// Events of one name that are looked through for those that a credential may read.
const CANDIDATES: i64 = 200;
/// Names of one statement.
const NAMES: usize = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSample {
    pub id: String,
    pub created_at: Timestamp,
    /// JSON, as it was delivered.
    pub body: String,
}

#[derive(sqlx::FromRow)]
struct Candidate {
    id: String,
    created_at: i64,
    #[sqlx(flatten)]
    audience: AudienceRow,
}

impl Store {
    /// Up to `limit` events of this account, of the newest 200 of each name, the newest first; `*` is no name. With a
    /// credential, those that a webhook of it would be sent. Unreadable events are left out.
    pub async fn event_samples(
        &self,
        account: &Label,
        credential: Option<&Label>,
        names: &[(&str, &str)],
        limit: usize,
    ) -> Result<Vec<EventSample>, StoreError> {
        let reader = match credential {
            None => None,
            Some(credential) => match self.reader(account, credential).await? {
                Some(reader) => Some(reader),
                None => return Ok(Vec::new()),
            },
        };
        let select = format!("SELECT e.id, e.created_at, {AUDIENCE_COLUMNS} FROM events e WHERE e.account = ");
        let mut candidates: Vec<Candidate> = Vec::new();
        for names in names.chunks(NAMES) {
            candidates.extend::<Vec<Candidate>>(fetch!(self, "", |sql, connection| {
                for (number, (entity, operation)) in names.iter().enumerate() {
                    sql.push(if number == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
                    sql.push(select.as_str()).push_bind(account.as_str());
                    sql.push(" AND e.entity = ").push_bind(*entity).push(" AND e.operation = ").push_bind(*operation);
                    sql.push(" ORDER BY e.created_at DESC, e.id DESC LIMIT ").push_bind(CANDIDATES);
                    sql.push(format!(") AS name_{number}"));
                }
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?);
        }
        candidates.sort_by(|one, other| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
        let is_readable = |candidate: Candidate| {
            let audience = candidate.audience.audience(&candidate.id).ok()?;
            let created_at = from_millis(candidate.created_at).ok()?;
            reader.as_ref().is_none_or(|reader| audience.includes(reader)).then_some((candidate.id, created_at))
        };
        let chosen: Vec<_> = candidates.into_iter().filter_map(is_readable).take(limit).collect();
        self.with_bodies(chosen).await
    }

    /// The credential of this id, if it is of this account.
    async fn reader(&self, account: &Label, credential: &Label) -> Result<Option<Reader>, StoreError> {
        let sql = format!(
            "SELECT c.account, {READER_COLUMNS} FROM credentials c LEFT JOIN users u ON u.id = c.owner WHERE c.id = $1"
        );
        #[derive(sqlx::FromRow)]
        struct Found {
            account: String,
            #[sqlx(flatten)]
            reader: ReaderRow,
        }
        let found: Option<Found> = fetch_optional!(self, sql, credential.as_str())?;
        found.filter(|found| found.account == account.as_str()).map(|found| found.reader.reader()).transpose()
    }

    async fn with_bodies(&self, chosen: Vec<(String, Timestamp)>) -> Result<Vec<EventSample>, StoreError> {
        if chosen.is_empty() {
            return Ok(Vec::new());
        }
        let mut bodies: Vec<(String, String)> =
            fetch!(self, "SELECT id, body FROM events WHERE id IN (", |sql, connection| {
                let mut list = sql.separated(", ");
                for (id, _) in &chosen {
                    list.push_bind(id.as_str());
                }
                sql.push(")");
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
        let sample = |(id, created_at): (String, Timestamp)| {
            let at = bodies.iter().position(|(of, _)| *of == id)?;
            let (_, body) = bodies.swap_remove(at);
            Some(EventSample { id, created_at, body })
        };
        Ok(chosen.into_iter().filter_map(sample).collect())
    }
}
