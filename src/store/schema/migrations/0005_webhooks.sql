-- Webhooks. Quick statements only, as before: webhooks and deliveries have no rows yet.

-- kind: console or rest_hook. created_by: KIND:ID of the author. key_id, generation: the installation key and the number
-- that the secret is derived with; previous_key_id, previous_generation: those of the secret that also signs until
-- previous_ends_at. failing_since: the first failure since the last success. warned_days: the last day of failures that
-- a warning was queued for. switched_off_why: failures or gone. status and previous_sealed stay NULL, sealed stays empty.
ALTER TABLE webhooks ADD COLUMN kind TEXT;
ALTER TABLE webhooks ADD COLUMN created_by TEXT;
ALTER TABLE webhooks ADD COLUMN key_id TEXT;
ALTER TABLE webhooks ADD COLUMN generation BIGINT;
ALTER TABLE webhooks ADD COLUMN previous_key_id TEXT;
ALTER TABLE webhooks ADD COLUMN previous_generation BIGINT;
ALTER TABLE webhooks ADD COLUMN last_success_at BIGINT;
ALTER TABLE webhooks ADD COLUMN last_failure_at BIGINT;
ALTER TABLE webhooks ADD COLUMN warned_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN switched_off_why TEXT;
CREATE INDEX webhooks_created ON webhooks (created_at, id);
CREATE INDEX webhooks_failing ON webhooks (id) WHERE failing_since IS NOT NULL AND switched_off_at IS NULL;

-- What happened. credential: of an event of this program about a credential. credentials, scope: an event of the API
-- behind goes only to these credentials, and only to those with this scope. publisher, source_id: who posted it, under
-- which id. body: JSON, sent as it is. fanned_out_at: when its deliveries were written.
CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    type TEXT NOT NULL,
    entity TEXT NOT NULL,
    operation TEXT NOT NULL,
    credential TEXT,
    credentials TEXT,
    scope TEXT,
    publisher TEXT,
    source_id TEXT,
    occurred_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    fanned_out_at BIGINT
);
CREATE UNIQUE INDEX events_source ON events (publisher, source_id) WHERE publisher IS NOT NULL;
CREATE INDEX events_new ON events (created_at, id) WHERE fanned_out_at IS NULL;
CREATE INDEX events_named ON events (account, entity, operation, created_at, id);
CREATE INDEX events_created ON events (created_at, id);

-- body stays empty: the event has it. event: its type. state: waiting, delivered, failed, skipped, dropped. why: the
-- reason for the last two, and for a failure that no further attempt could mend. claimed_by, claimed_until: an attempt is
-- under way. last_status: HTTP status of the newest attempt, last_error: why it failed. done_at: when the state became
-- final. replay_of: the state before a replay; replayed_after: the attempts before it. answer stays NULL.
ALTER TABLE deliveries ADD COLUMN event_id TEXT;
ALTER TABLE deliveries ADD COLUMN claimed_by TEXT;
ALTER TABLE deliveries ADD COLUMN claimed_until BIGINT;
ALTER TABLE deliveries ADD COLUMN last_status BIGINT;
ALTER TABLE deliveries ADD COLUMN last_error TEXT;
ALTER TABLE deliveries ADD COLUMN done_at BIGINT;
ALTER TABLE deliveries ADD COLUMN why TEXT;
ALTER TABLE deliveries ADD COLUMN replay_of TEXT;
ALTER TABLE deliveries ADD COLUMN replayed_after BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN is_test BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX deliveries_waiting ON deliveries (webhook, next_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_claimed ON deliveries (webhook, claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX deliveries_event ON deliveries (event_id);
CREATE INDEX deliveries_created ON deliveries (created_at, id);

-- status: HTTP status of the answer; NULL: there was none. excerpt: the beginning of its body.
CREATE TABLE attempts (
    delivery TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    status BIGINT,
    millis BIGINT NOT NULL,
    error TEXT,
    excerpt TEXT,
    PRIMARY KEY (delivery, number)
);

-- Tokens of the API behind, which post its events and read nothing. account NULL: events of all accounts.
CREATE TABLE publishers (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    account TEXT REFERENCES accounts (id),
    enabled BOOLEAN NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    last_used_at BIGINT,
    revision BIGINT NOT NULL
);
CREATE INDEX publishers_created ON publishers (created_at, id);

-- When its secret was cleared; NULL while it has one.
ALTER TABLE credentials ADD COLUMN cleared_at BIGINT;
