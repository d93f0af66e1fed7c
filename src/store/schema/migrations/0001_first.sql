-- One text for SQLite and PostgreSQL. There BLOB is read as BYTEA, and TEXT sorts by its bytes, as in SQLite.
-- The program checks values when it reads them: SQLite cannot change a CHECK. Times are milliseconds since 1970. Lists of
-- labels or address ranges are words separated by a space; JSON is text.

-- The number of the last change. A writer takes the next one as its last step before it commits, and holds
-- the row until then: so changes become visible in the order of their numbers.
CREATE TABLE counter (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    last_change BIGINT NOT NULL,
    pruned_to BIGINT NOT NULL
);
INSERT INTO counter (only_row, last_change, pruned_to) VALUES (1, 0, 0);

-- The change feed of gates. kind: secret (there may be a new one), credential, account, user.
CREATE TABLE changes (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL
);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT,
    granted BOOLEAN NOT NULL,
    switched_on BOOLEAN NOT NULL,
    members_allowed BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

-- Staff belong to no account.
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT REFERENCES accounts (id),
    email TEXT NOT NULL,
    name TEXT,
    role TEXT NOT NULL,
    password_hash TEXT,
    enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    CHECK ((role = 'staff') = (account IS NULL))
);
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE INDEX users_account ON users (account, id);

CREATE TABLE sessions (
    digest BLOB NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    address TEXT
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_end ON sessions (ends_at);

-- One-use links that set a password: for the first user, and for invitations.
CREATE TABLE setup_links (
    digest BLOB NOT NULL PRIMARY KEY,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE operator_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    account TEXT REFERENCES accounts (id),
    enabled BOOLEAN NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    last_used_at BIGINT,
    revision BIGINT NOT NULL,
    CHECK ((role = 'staff') = (account IS NULL))
);
CREATE INDEX operator_tokens_account ON operator_tokens (account);

CREATE TABLE access_requests (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    asked_by_kind TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    start_on TEXT NOT NULL,
    use_cases TEXT NOT NULL,
    privacy_policy TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    decided_by TEXT,
    decided_at BIGINT,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX access_requests_account ON access_requests (account, created_at, id);
CREATE INDEX access_requests_state ON access_requests (state, created_at, id);
CREATE UNIQUE INDEX access_requests_one_pending ON access_requests (account) WHERE state = 'pending';

-- Only digests of secrets. A previous password is valid until previous_ends_at. password_cost: the prefix of the hash
-- that fixes the cost of verifying it.
CREATE TABLE credentials (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    owner TEXT REFERENCES users (id),
    name TEXT,
    description TEXT,
    contact_email TEXT,
    contact_mobile TEXT,
    username TEXT UNIQUE,
    password_hash TEXT,
    password_cost TEXT,
    previous_password_hash TEXT,
    previous_ends_at BIGINT,
    hint TEXT,
    enabled BOOLEAN NOT NULL,
    disabled_reason TEXT,
    version TEXT,
    scopes TEXT,
    addresses TEXT NOT NULL,
    expires_at BIGINT,
    rate_requests BIGINT,
    rate_seconds BIGINT,
    rate_burst BIGINT,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    secret_made_at BIGINT NOT NULL,
    handed_over_at BIGINT,
    revision BIGINT NOT NULL,
    CHECK ((username IS NULL) = (password_hash IS NULL)),
    CHECK ((password_hash IS NULL) = (password_cost IS NULL))
);
CREATE INDEX credentials_account ON credentials (account, created_at, id);
CREATE INDEX credentials_owner ON credentials (owner) WHERE owner IS NOT NULL;
CREATE INDEX credentials_created ON credentials (created_at, id);
CREATE INDEX credentials_cost ON credentials (password_cost, password_hash) WHERE password_cost IS NOT NULL;

-- Last uses. A table of its own, because every gate writes here all the time.
CREATE TABLE uses (
    credential TEXT NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    used_from TEXT
);
CREATE INDEX uses_at ON uses (at);

-- SHA-256 of tokens: the current one of a credential, and during a reset's overlap the previous one, with its end.
CREATE TABLE tokens (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    ends_at BIGINT
);
CREATE INDEX tokens_credential ON tokens (credential);
CREATE UNIQUE INDEX tokens_current ON tokens (credential) WHERE ends_at IS NULL;
CREATE UNIQUE INDEX tokens_previous ON tokens (credential) WHERE ends_at IS NOT NULL;

-- Links that reveal a secret once; sealed under a key that only the link holds.
CREATE TABLE reveals (
    id TEXT NOT NULL PRIMARY KEY,
    credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    link_digest BLOB NOT NULL UNIQUE,
    sealed BLOB,
    email TEXT NOT NULL,
    mobile TEXT NOT NULL,
    code_digest BLOB,
    code_ends_at BIGINT,
    tries BIGINT NOT NULL,
    sends BIGINT NOT NULL,
    sends_since BIGINT,
    sent_at BIGINT,
    mail_state TEXT NOT NULL,
    message_state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    revealed_at BIGINT
);
CREATE INDEX reveals_credential ON reveals (credential);

CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    entity TEXT NOT NULL,
    operation TEXT NOT NULL,
    status TEXT,
    sealed BLOB NOT NULL,
    previous_sealed BLOB,
    previous_ends_at BIGINT,
    paused BOOLEAN NOT NULL,
    failing_since BIGINT,
    switched_off_at BIGINT,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX webhooks_credential ON webhooks (credential);
CREATE INDEX webhooks_account ON webhooks (account, created_at, id);

CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    webhook TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    answer TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 'waiting';
CREATE INDEX deliveries_webhook ON deliveries (webhook, created_at, id);

-- Who did what to what. before_it and after_it are JSON without secrets. Ids sort by time (UUIDv7).
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    account TEXT,
    target_kind TEXT NOT NULL,
    target TEXT NOT NULL,
    before_it TEXT,
    after_it TEXT,
    request_id TEXT,
    address TEXT
);
CREATE INDEX audit_account ON audit (account, id);
CREATE INDEX audit_target ON audit (target, id);

-- Responses to calls with an Idempotency-Key, without secrets.
CREATE TABLE idempotency (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    request BLOB NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
