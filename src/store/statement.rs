//! Statements that a connection does not keep.
//!
//! A pooler in transaction mode gives the next statement to any server session: a named statement there may be that of
//! another client. Within a transaction the session stays the same, and an unnamed statement is replaced by the next one
//! only. So every statement is unnamed and runs in a transaction, but for those whose answer shows the question that was
//! asked ([`super::answer_origin::Origin`]).

use sqlx::Database;
use sqlx::query::{Query, QueryAs, QueryScalar};
use sqlx::{FromRow, SqlSafeStr};

type Arguments<DB> = <DB as Database>::Arguments;

pub(super) fn query<'q, DB>(sql: impl SqlSafeStr) -> Query<'q, DB, Arguments<DB>>
where
    DB: Database + sqlx::database::HasStatementCache,
{
    sqlx::query(sql).persistent(false)
}

pub(super) fn query_as<'q, DB, O>(sql: impl SqlSafeStr) -> QueryAs<'q, DB, O, Arguments<DB>>
where
    DB: Database + sqlx::database::HasStatementCache,
    O: for<'r> FromRow<'r, DB::Row>,
{
    sqlx::query_as(sql).persistent(false)
}

pub(super) fn query_scalar<'q, DB, O>(sql: impl SqlSafeStr) -> QueryScalar<'q, DB, O, Arguments<DB>>
where
    DB: Database + sqlx::database::HasStatementCache,
    (O,): for<'r> FromRow<'r, DB::Row>,
{
    sqlx::query_scalar(sql).persistent(false)
}
