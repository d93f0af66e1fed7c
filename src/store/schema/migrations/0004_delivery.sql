-- Delivery of secrets, and messages. Quick statements only, as before.

-- number: of the reveals of a credential, in their order: clocks of a fleet differ. superseded_at, superseded_by: when a
-- link ended before its time, and why (resent, reset, cleared, contact, voided). created_by: KIND:ID. sends_total: text
-- messages in all; sends and sends_since count those of the hour. old_stops: when the previous secret stops
-- (no_secret, at_reset, when_shown); overlap: how long after the showing, in milliseconds. message_id stays NULL: the outbox has it.
-- revealed_from: address of the client.
-- codes: minted so far, for the number of a text message. code_key: id of the installation key that code_digest was made with. sealed stays NULL: secrets are minted when they are
-- revealed. mail_state and message_state stay empty: the outbox has the states.
ALTER TABLE reveals ADD COLUMN superseded_at BIGINT;
ALTER TABLE reveals ADD COLUMN superseded_by TEXT;
ALTER TABLE reveals ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reveals ADD COLUMN created_by TEXT;
ALTER TABLE reveals ADD COLUMN sends_total BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reveals ADD COLUMN old_stops TEXT;
ALTER TABLE reveals ADD COLUMN overlap BIGINT;
ALTER TABLE reveals ADD COLUMN message_id TEXT;
ALTER TABLE reveals ADD COLUMN revealed_from TEXT;
ALTER TABLE reveals ADD COLUMN locale TEXT;
ALTER TABLE reveals ADD COLUMN code_key TEXT;
ALTER TABLE reveals ADD COLUMN codes BIGINT NOT NULL DEFAULT 0;

-- Those that wait; and by their end, for the deletion of old ones.
CREATE INDEX reveals_live ON reveals (credential) WHERE revealed_at IS NULL AND superseded_at IS NULL;
CREATE INDEX reveals_end ON reveals (ends_at);

-- Further links to a reveal: one for each attempt to send the mail.
CREATE TABLE reveal_links (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    reveal TEXT NOT NULL REFERENCES reveals (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);
CREATE INDEX reveal_links_reveal ON reveal_links (reveal);

-- Messages of a day (UTC, counted from 1970). Text messages: to a number (to +441632960961), and of an account
-- (account acme). Mails: notices to an address (mail x@example.org), and links for a lost password in an hour of the day,
-- to a user and for a network (password 13 user_1, password 13 192.0.2.7/32).
CREATE TABLE text_counts (
    scope TEXT NOT NULL,
    day BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    PRIMARY KEY (scope, day)
);

-- Mails and text messages, without their text: links and codes are minted at each attempt. target: id of what the
-- purpose is about. created_by: KIND:ID of the actor. state: waiting, accepted, delivered, undelivered, failed, given_up.
-- next_at: the next attempt, or for an accepted text message the next question for its status. ends_at: no attempt from
-- here on. is_interrupted: 1 where the process of the previous attempt ended before it recorded one. occasion: of a
-- message that is queued once for it.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL,
    target TEXT NOT NULL,
    recipient TEXT NOT NULL,
    locale TEXT,
    created_by TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    claimed_by TEXT,
    claimed_until BIGINT,
    provider_id TEXT,
    error_code TEXT,
    error_text TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    ends_at BIGINT NOT NULL,
    is_interrupted BIGINT NOT NULL DEFAULT 0,
    occasion TEXT
);
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting';
CREATE INDEX outbox_unconfirmed ON outbox (next_at) WHERE state = 'accepted' AND next_at IS NOT NULL;
CREATE INDEX outbox_target ON outbox (target, created_at, id);
CREATE INDEX outbox_created ON outbox (created_at);

-- Addresses that receive notices about a credential, separated by a space.
ALTER TABLE credentials ADD COLUMN developer_emails TEXT;

-- The language in which a user last signed in; NULL: not known.
ALTER TABLE users ADD COLUMN locale TEXT;
