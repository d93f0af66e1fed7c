//! Every way to say no, in one table.

use http::StatusCode;

/// Why a request is not let through, or did not come back. One stable code each, the same word in
/// log, metric label, problem document and docs/reference/error-codes.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// Nothing presented.
    CredentialMissing,
    /// Two credentials, bad base64, an empty secret, an over-long value; says which.
    CredentialMalformed(&'static str),
    /// Unknown, or the wrong secret: the two look the same from outside.
    CredentialInvalid,
    /// The right secret, switched off.
    CredentialDisabled,
    /// The right secret, past its date.
    CredentialExpired,
    /// The account's API access is off.
    AccessOff,
    /// The rules want a version and none was named.
    VersionUnstated,
    /// No known version was named.
    VersionUnknown,
    /// The credential is pinned to another version.
    VersionNotAllowed,
    /// Past its retirement.
    VersionRetired,
    /// Method and path outside the credential's rights.
    ScopeInsufficient,
    /// The caller is outside the credential's address list.
    AddressNotAllowed,
    /// A path or header that two parsers could read two ways; says which.
    RequestAmbiguous(&'static str),
    /// A WebSocket where the rules allow none.
    UpgradeNotAllowed,
    /// More headers than are taken.
    HeadersTooLarge,
    /// More of a body than is taken.
    BodyTooLarge,
    /// The end of the body did not come in time.
    BodyTooSlow,
    /// No decision possible now.
    DirectoryUnavailable,
    /// The API behind does not answer.
    UpstreamUnreachable,
    /// The API behind took too long.
    UpstreamTimeout,
    /// The credential has been used too often; seconds until once more is fine.
    RateLimited(u32),
    /// Too many wrong guesses from there; seconds until the next one is looked at.
    GuessesThrottled(u32),
    /// Whoever asks for a verdict is not listed among those who may.
    ProxyNotTrusted,
}

/// All codes, in the order of [`Rejection::index`].
pub const REJECTION_CODES: [&str; 23] = [
    "credential_missing",
    "credential_malformed",
    "credential_invalid",
    "credential_disabled",
    "credential_expired",
    "access_off",
    "version_unstated",
    "version_unknown",
    "version_not_allowed",
    "version_retired",
    "scope_insufficient",
    "address_not_allowed",
    "request_ambiguous",
    "directory_unavailable",
    "upstream_unreachable",
    "upstream_timeout",
    "headers_too_large",
    "body_too_large",
    "body_too_slow",
    "rate_limited",
    "guesses_throttled",
    "upgrade_not_allowed",
    "proxy_not_trusted",
];

impl Rejection {
    /// Its place in [`REJECTION_CODES`]; for counters without a look-up.
    pub fn index(self) -> usize {
        self.row().0
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        REJECTION_CODES[self.index()]
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        self.row().1
    }

    /// A short, constant summary for people (RFC 9457 `title`).
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// What the caller can do about it (RFC 9457 `detail`).
    pub fn detail(self) -> &'static str {
        self.row().3
    }

    /// Seconds after which trying again makes sense.
    pub fn retry_after(self) -> Option<u32> {
        match self {
            Self::DirectoryUnavailable => Some(1),
            Self::RateLimited(seconds) | Self::GuessesThrottled(seconds) => Some(seconds),
            _ => None,
        }
    }

    /// True where more of the same is to be expected on the connection.
    pub fn ends_connection(self) -> bool {
        matches!(self, Self::HeadersTooLarge | Self::BodyTooLarge | Self::BodyTooSlow)
    }

    fn row(self) -> (usize, StatusCode, &'static str, &'static str) {
        match self {
            Self::CredentialMissing => {
                (0, StatusCode::UNAUTHORIZED, "Credential missing", "This request needs a credential and brought none.")
            }
            Self::CredentialMalformed(detail) => (1, StatusCode::BAD_REQUEST, "Credential malformed", detail),
            Self::CredentialInvalid => {
                (2, StatusCode::UNAUTHORIZED, "Credential invalid", "The credential is unknown or its secret is wrong.")
            }
            Self::CredentialDisabled => {
                (3, StatusCode::UNAUTHORIZED, "Credential disabled", "The credential has been switched off.")
            }
            Self::CredentialExpired => {
                (4, StatusCode::UNAUTHORIZED, "Credential expired", "The credential is past its expiry date.")
            }
            Self::AccessOff => {
                (5, StatusCode::FORBIDDEN, "API access off", "API access is switched off for this account.")
            }
            Self::VersionUnstated => {
                (6, StatusCode::BAD_REQUEST, "API version unstated", "This API wants every request to name a version.")
            }
            Self::VersionUnknown => {
                (7, StatusCode::BAD_REQUEST, "API version unknown", "The request names a version that does not exist.")
            }
            Self::VersionNotAllowed => (
                8,
                StatusCode::FORBIDDEN,
                "API version not allowed",
                "The credential is meant for another version of this API.",
            ),
            Self::VersionRetired => {
                (9, StatusCode::GONE, "API version retired", "This version of the API is no longer served.")
            }
            Self::ScopeInsufficient => (
                10,
                StatusCode::FORBIDDEN,
                "Scope insufficient",
                "The credential's scopes do not cover this method and path.",
            ),
            Self::AddressNotAllowed => {
                (11, StatusCode::FORBIDDEN, "Address not allowed", "The credential may not be used from this address.")
            }
            Self::RequestAmbiguous(detail) => (12, StatusCode::BAD_REQUEST, "Request ambiguous", detail),
            Self::DirectoryUnavailable => (
                13,
                StatusCode::SERVICE_UNAVAILABLE,
                "Cannot decide now",
                "The credential cannot be checked at the moment. Try again shortly.",
            ),
            Self::UpstreamUnreachable => {
                (14, StatusCode::BAD_GATEWAY, "Upstream unreachable", "The API behind this gate does not answer.")
            }
            Self::UpstreamTimeout => (
                15,
                StatusCode::GATEWAY_TIMEOUT,
                "Upstream timeout",
                "The API behind this gate took too long to answer.",
            ),
            Self::HeadersTooLarge => (
                16,
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "Headers too large",
                "The headers of this request and its target are larger than this gate takes.",
            ),
            Self::BodyTooLarge => (
                17,
                StatusCode::PAYLOAD_TOO_LARGE,
                "Body too large",
                "The body of this request is larger than this gate takes.",
            ),
            Self::BodyTooSlow => (
                18,
                StatusCode::REQUEST_TIMEOUT,
                "Body too slow",
                "The body of this request did not come to its end in time.",
            ),
            Self::RateLimited(_) => (
                19,
                StatusCode::TOO_MANY_REQUESTS,
                "Rate limited",
                "The credential has been used too often. Try again after the seconds in Retry-After.",
            ),
            Self::GuessesThrottled(_) => (
                20,
                StatusCode::TOO_MANY_REQUESTS,
                "Guesses throttled",
                "Too many wrong credentials came from this address. This one was not looked at, or is wrong too.",
            ),
            Self::UpgradeNotAllowed => {
                (21, StatusCode::FORBIDDEN, "Upgrade not allowed", "This gate opens no WebSocket on this path.")
            }
            Self::ProxyNotTrusted => (
                22,
                StatusCode::FORBIDDEN,
                "Proxy not trusted",
                "Only proxies that forward_auth.trusted_proxies lists may ask here.",
            ),
        }
    }
}
