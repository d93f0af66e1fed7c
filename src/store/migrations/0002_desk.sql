-- What people look for credentials by. All three say again what stands elsewhere, so that a list is read from one index
-- alone: written with every credential, and never read by gates.
-- cleared: it has no secret. kind: token, password, or own for a user's own key.
-- search: id, user name and name, a line each, in small letters, of which no more than 1,000 bytes.
ALTER TABLE credentials ADD COLUMN cleared BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE credentials ADD COLUMN kind TEXT NOT NULL DEFAULT 'token';
ALTER TABLE credentials ADD COLUMN search TEXT;

UPDATE credentials SET kind = CASE WHEN owner IS NULL THEN 'password' ELSE 'own' END
    WHERE owner IS NOT NULL OR username IS NOT NULL;

-- Databases know the small letters of ASCII; the others are left to the program.
UPDATE credentials SET search = substr(lower(id || '
' || COALESCE(username, '') || '
' || COALESCE(name, '')), 1, 1000)
    WHERE octet_length(COALESCE(username, '') || COALESCE(name, ''))
        = length(COALESCE(username, '') || COALESCE(name, ''));

DROP INDEX credentials_account;
DROP INDEX credentials_created;
DROP INDEX credentials_owner;
CREATE INDEX credentials_of_account ON credentials (account, created_at, id, cleared, enabled, expires_at, kind, search);
CREATE INDEX credentials_of_owner ON credentials (owner, account, created_at, id) WHERE owner IS NOT NULL;
CREATE INDEX credentials_of_all ON credentials (created_at, id, cleared, enabled, expires_at, kind, search);

-- Who made it, kind and id with a colon between them; NULL of older ones.
ALTER TABLE setup_links ADD COLUMN created_by TEXT;
