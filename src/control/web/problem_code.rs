//! The codes of problem documents.

use axum::http::StatusCode;

/// One row a code: its word, its status, its title.
macro_rules! codes {
    ($($(#[doc = $doc:literal])* $code:ident: $word:literal, $status:ident, $title:literal;)*) => {
        /// Why the management API or the console refuses a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[doc = $doc])* $code,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The word in the field `code`: scripts depend on it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word,)* }
            }

            pub const fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status,)* }
            }

            /// The same for every occurrence (RFC 9457, 3.1.3).
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)* }
            }
        }
    };
}

codes! {
    /// Not JSON, an unknown field, an unreadable query or header.
    Malformed: "malformed", BAD_REQUEST, "The request cannot be read";
    /// No credential, or no valid one.
    Unauthenticated: "unauthenticated", UNAUTHORIZED, "Not signed in";
    SignInFailed: "sign_in_failed", UNAUTHORIZED, "Sign-in failed";
    Forbidden: "forbidden", FORBIDDEN, "Not allowed";
    AccessNotGranted: "access_not_granted", FORBIDDEN, "API access is not granted";
    MembersNotAllowed: "members_not_allowed", FORBIDDEN, "Members may not have keys of their own";
    CrossSite: "cross_site", FORBIDDEN, "The request comes from another site";
    /// No such resource, or none that the caller may see.
    NotFound: "not_found", NOT_FOUND, "Not found";
    MethodNotAllowed: "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    IdTaken: "id_taken", CONFLICT, "The id is taken";
    UsernameTaken: "username_taken", CONFLICT, "The user name is taken";
    /// Another unique value, such as an e-mail address.
    Taken: "taken", CONFLICT, "Already taken";
    NotGranted: "not_granted", CONFLICT, "API access is not granted";
    /// The account has access, or a pending request for it.
    NotAskable: "not_askable", CONFLICT, "There is nothing to ask for";
    /// The access request is decided, or withdrawn.
    NotPending: "not_pending", CONFLICT, "The request is not pending";
    LastStaff: "last_staff", CONFLICT, "The last staff user cannot be removed";
    /// The state of the resource does not permit the change.
    Conflict: "conflict", CONFLICT, "The state of the resource does not permit this";
    IdempotencyKeyBusy: "idempotency_key_busy", CONFLICT, "The same call is still running";
    /// `If-Match` names another revision.
    Stale: "stale", PRECONDITION_FAILED, "The resource has changed";
    TooLarge: "too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    UnsupportedMediaType: "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    Invalid: "invalid", UNPROCESSABLE_ENTITY, "Invalid fields";
    IdempotencyKeyReused: "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key belongs to another call";
    PreconditionRequired: "precondition_required", PRECONDITION_REQUIRED, "If-Match is required";
    TooManyRequests: "too_many_requests", TOO_MANY_REQUESTS, "Too many requests";
    /// A set-up link that is used, expired or unknown.
    LinkWorthless: "link_worthless", GONE, "The link is not valid";
    Internal: "internal", INTERNAL_SERVER_ERROR, "Internal error";
    Busy: "busy", SERVICE_UNAVAILABLE, "Overloaded";
    DatabaseUnavailable: "database_unavailable", SERVICE_UNAVAILABLE, "The database does not answer";
    /// The database answers, but needs repair: a missing migration, missing rights.
    DatabaseUnusable: "database_unusable", SERVICE_UNAVAILABLE, "The database cannot be used";
    DatabaseFull: "database_full", SERVICE_UNAVAILABLE, "The database has no space left";
    DatabaseReadOnly: "database_read_only", SERVICE_UNAVAILABLE, "The database is read-only";
}

impl Code {
    /// For errors of the HTTP framework.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            status if status.is_client_error() => Self::Malformed,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_codes_share_a_word() {
        let words: std::collections::HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
    }
}
