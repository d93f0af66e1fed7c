-- Quick statements only: whoever looks something up waits for them. Rows are filled in afterwards, and indexes built.

-- Which programs can work with this schema, reading and writing: those of this version and later. A migration that
-- only adds leaves it. finished: the version whose rows are filled in, and whose indexes are built.
CREATE TABLE schema_mark (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    readable_from BIGINT NOT NULL,
    finished BIGINT NOT NULL
);
INSERT INTO schema_mark (only_row, readable_from, finished) VALUES (1, 1, 1);

-- What people look for credentials by. All three say again what stands elsewhere, so that a list is read from one index
-- alone: written with every credential, and never read by gates. NULL is what is not filled in yet.
-- cleared: it has no secret. kind: token, password, or own for a user's own key.
-- search: id, user name and name, a line each, in small letters, of which no more than 1,000 bytes.
ALTER TABLE credentials ADD COLUMN cleared BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE credentials ADD COLUMN kind TEXT;
ALTER TABLE credentials ADD COLUMN search TEXT;

-- Who made it, kind and id with a colon between them; NULL of older ones.
ALTER TABLE setup_links ADD COLUMN created_by TEXT;
