-- Quick statements only: lookups wait for them. Rows are filled in and indexes built afterwards.

-- readable_from: the oldest program version that can read and write this schema; a migration that only adds keeps it.
-- finished: the version whose rows are filled in and whose indexes are built.
CREATE TABLE schema_mark (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    readable_from BIGINT NOT NULL,
    finished BIGINT NOT NULL
);
INSERT INTO schema_mark (only_row, readable_from, finished) VALUES (1, 1, 1);

-- For lists and searches. All three repeat other columns, so that a list is read from one index alone: written with
-- every credential, and never read by gates. NULL: not filled in yet.
-- cleared: it has no secret. kind: token, password, or own for a user's own key.
-- search: id, user name and name, a line each, in lower case, cut to 1,000 bytes.
ALTER TABLE credentials ADD COLUMN cleared BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE credentials ADD COLUMN kind TEXT;
ALTER TABLE credentials ADD COLUMN search TEXT;

-- KIND:ID of the author; NULL in older rows.
ALTER TABLE setup_links ADD COLUMN created_by TEXT;
