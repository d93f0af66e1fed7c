-- Where each credential was used from lately, to say who will notice when it stops working. Of IPv6 addresses, the
-- network of 64 bits. At most 16 of a credential, and none that was not used for 30 days.
CREATE TABLE credential_addresses (
    credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (credential, address)
);
CREATE INDEX credential_addresses_age ON credential_addresses (used_at);
