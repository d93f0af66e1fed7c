-- Recent client addresses of each credential, to show who is affected when it stops working. IPv6 as a network of 64
-- bits. At most 16 for each credential, and none without a use for 30 days.
CREATE TABLE credential_addresses (
    credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (credential, address)
);
CREATE INDEX credential_addresses_age ON credential_addresses (used_at);
