//! Every rejection, in one table.

use std::time::Duration;

use http::StatusCode;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RejectionRow {
    /// Stable: the same word in logs, metric labels, problem documents and the documentation.
    pub code: &'static str,
    pub status: StatusCode,
    /// RFC 9457 `title`; constant per code.
    pub title: &'static str,
    /// RFC 9457 `detail`; a rejection that carries a text of its own shows that one.
    pub detail: &'static str,
}

/// Generates the enum, its index and the table from the same rows.
macro_rules! rejections {
    ($($(#[$doc:meta])* $name:ident $(($payload:ty))?: $status:ident, $code:literal, $title:literal, $detail:literal;)*) => {
        /// Why a request is not let through, or why its answer is not the API's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Rejection {
            $($(#[$doc])* $name $(($payload))?,)*
        }

        enum Index {
            $($name,)*
        }

        /// In the order of [`Rejection::index`].
        pub const REJECTION_CODES: [&str; REJECTIONS.len()] = [$($code,)*];

        /// In the order of [`Rejection::index`].
        pub const REJECTIONS: [RejectionRow; [$($code,)*].len()] = [
            $(RejectionRow { code: $code, status: StatusCode::$status, title: $title, detail: $detail },)*
        ];

        impl Rejection {
            /// Position in [`REJECTIONS`]; counters are indexed by it.
            pub fn index(self) -> usize {
                let index = match self {
                    $(Self::$name { .. } => Index::$name,)*
                };
                index as usize
            }
        }
    };
}

rejections! {
    /// No credential was presented.
    CredentialMissing: UNAUTHORIZED, "credential_missing", "Credential missing",
        "This request needs a credential and presents none.";
    /// More than one credential, or one that cannot be read. Carries the reason.
    CredentialMalformed(&'static str): BAD_REQUEST, "credential_malformed", "Credential malformed",
        "The credential cannot be read.";
    /// Unknown credential or wrong secret; callers cannot tell which.
    CredentialInvalid: UNAUTHORIZED, "credential_invalid", "Credential invalid",
        "The credential is unknown, or its secret is wrong.";
    /// The secret is right; the credential is disabled.
    CredentialDisabled: UNAUTHORIZED, "credential_disabled", "Credential disabled",
        "The credential is disabled.";
    /// The secret is right; the credential has expired.
    CredentialExpired: UNAUTHORIZED, "credential_expired", "Credential expired",
        "The credential has expired.";
    AccessOff: FORBIDDEN, "access_off", "API access off",
        "API access is switched off for this account.";
    /// The settings require a version, and the request names none.
    VersionUnstated: BAD_REQUEST, "version_unstated", "API version unstated",
        "The request must name a version of this API.";
    VersionUnknown: BAD_REQUEST, "version_unknown", "API version unknown",
        "The request names a version that this API does not have.";
    /// The credential is pinned to another version.
    VersionNotAllowed: FORBIDDEN, "version_not_allowed", "API version not allowed",
        "The credential may not use this version of the API.";
    VersionRetired: GONE, "version_retired", "API version retired",
        "This version of the API is no longer served.";
    ScopeInsufficient: FORBIDDEN, "scope_insufficient", "Scope insufficient",
        "The credential's scopes do not cover this method and path.";
    /// The client address is outside the credential's address list.
    AddressNotAllowed: FORBIDDEN, "address_not_allowed", "Address not allowed",
        "The credential may not be used from this address.";
    /// Two parsers could read the request in two ways. Carries the reason.
    RequestAmbiguous(&'static str): BAD_REQUEST, "request_ambiguous", "Request ambiguous",
        "The request can be read in more than one way.";
    /// The directory cannot answer, or the hash queue is full.
    DirectoryUnavailable: SERVICE_UNAVAILABLE, "directory_unavailable", "Cannot decide now",
        "The credential cannot be checked at the moment. Retry after the time in Retry-After.";
    /// Too many requests wait in memory.
    Overloaded: SERVICE_UNAVAILABLE, "overloaded", "Overloaded",
        "Too many requests are in progress, on this connection or in all. Retry after the time in Retry-After.";
    UpstreamUnreachable: BAD_GATEWAY, "upstream_unreachable", "Upstream unreachable",
        "The API behind this gate does not answer.";
    UpstreamTimeout: GATEWAY_TIMEOUT, "upstream_timeout", "Upstream timeout",
        "The API behind this gate did not answer in time.";
    HeadersTooLarge: REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", "Headers too large",
        "The request target and headers exceed the limits of this gate.";
    BodyTooLarge: PAYLOAD_TOO_LARGE, "body_too_large", "Body too large",
        "The request body exceeds the limit of this gate.";
    BodyTooSlow: REQUEST_TIMEOUT, "body_too_slow", "Body too slow",
        "The request body did not arrive in time.";
    /// Carries the time until the next request passes.
    RateLimited(Duration): TOO_MANY_REQUESTS, "rate_limited", "Rate limited",
        "The credential exceeds its rate limit. Retry after the time in Retry-After.";
    /// Too many wrong credentials from this address. Carries the time until the next attempt is checked.
    GuessesThrottled(Duration): TOO_MANY_REQUESTS, "guesses_throttled", "Guesses throttled",
        "Too many wrong credentials came from this address. This attempt was not checked, or also failed. \
         Retry after the time in Retry-After.";
    /// The path allows no WebSocket.
    UpgradeNotAllowed: FORBIDDEN, "upgrade_not_allowed", "Upgrade not allowed",
        "This gate allows no WebSocket on this path.";
    /// The forward-auth client is not in `forward_auth.trusted_proxies`.
    ProxyNotTrusted: FORBIDDEN, "proxy_not_trusted", "Proxy not trusted",
        "Only proxies listed in forward_auth.trusted_proxies may ask for a decision.";
    /// The preflight of an origin that is not in `cors.origins`.
    OriginNotAllowed: FORBIDDEN, "origin_not_allowed", "Origin not allowed",
        "Pages of this origin may not call this API from a browser.";
}

impl Rejection {
    fn row(self) -> &'static RejectionRow {
        &REJECTIONS[self.index()]
    }

    pub fn code(self) -> &'static str {
        self.row().code
    }

    pub fn status(self) -> StatusCode {
        self.row().status
    }

    pub fn title(self) -> &'static str {
        self.row().title
    }

    pub fn detail(self) -> &'static str {
        match self {
            Self::CredentialMalformed(detail) | Self::RequestAmbiguous(detail) => detail,
            _ => self.row().detail,
        }
    }

    /// In whole seconds.
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::DirectoryUnavailable | Self::Overloaded => Some(Duration::from_secs(1)),
            Self::RateLimited(delay) | Self::GuessesThrottled(delay) => Some(delay),
            _ => None,
        }
    }

    /// True where the connection must close, because more data of the refused request follows.
    pub fn ends_connection(self) -> bool {
        matches!(self, Self::HeadersTooLarge | Self::BodyTooLarge | Self::BodyTooSlow)
    }
}
