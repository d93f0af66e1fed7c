//! The codes of problem documents.

use axum::http::StatusCode;

/// One row a code: what it means and what the caller does about it, its word, status and title.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $code:ident: $word:literal, $status:ident, $title:literal;)*) => {
        /// Why the management API or the console refuses a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[doc = $doc])+ $code,)* }

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

            /// For the page of the code: the doc comment of the variant.
            pub(crate) const fn explanation(self) -> &'static str {
                match self { $(Self::$code => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

codes! {
    /// The body is not JSON, has an unknown field, or a query or header cannot be read. Correct the request; the detail
    /// names the place.
    Malformed: "malformed", BAD_REQUEST, "The request cannot be read";
    /// The request has no credential, or one that is not valid or no longer valid. Sign in, or send an operator token
    /// as Authorization: Bearer TOKEN.
    Unauthenticated: "unauthenticated", UNAUTHORIZED, "Not signed in";
    /// The e-mail address or the password is wrong, or the user is disabled. Which of them is not revealed. A new
    /// set-up link from an administrator sets a new password.
    SignInFailed: "sign_in_failed", UNAUTHORIZED, "Sign-in failed";
    /// The role of the caller does not include the right for this operation. The field rights of GET /me lists the
    /// rights.
    Forbidden: "forbidden", FORBIDDEN, "Not allowed";
    /// The provider has not granted API access to the account. An owner can request it.
    AccessNotGranted: "access_not_granted", FORBIDDEN, "API access is not granted";
    /// The account does not permit its members to have keys of their own. An owner can permit it.
    MembersNotAllowed: "members_not_allowed", FORBIDDEN, "Members may not have keys of their own";
    /// A browser sent the request from a page of another site, or with a session cookie but without a proof of its
    /// origin. Call from a page of the console, or from a script with an operator token.
    CrossSite: "cross_site", FORBIDDEN, "The request comes from another site";
    /// No resource has this path or id, or the caller may not see it.
    NotFound: "not_found", NOT_FOUND, "Not found";
    /// The resource exists, but does not have this method. The header Allow lists its methods.
    MethodNotAllowed: "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    /// Another resource has this id. Choose another one, or leave it out to have one generated.
    IdTaken: "id_taken", CONFLICT, "The id is taken";
    /// Another credential has this user name. Choose another one.
    UsernameTaken: "username_taken", CONFLICT, "The user name is taken";
    /// Another resource has this unique value, such as an e-mail address. Choose another one.
    Taken: "taken", CONFLICT, "Already taken";
    /// API access cannot be switched on before the provider has granted it to the account.
    NotGranted: "not_granted", CONFLICT, "API access is not granted";
    /// The account has API access already, or a pending request for it.
    NotAskable: "not_askable", CONFLICT, "There is nothing to ask for";
    /// The access request was already approved, declined or withdrawn. Read it again.
    NotPending: "not_pending", CONFLICT, "The request is not pending";
    /// The change would leave no enabled staff user. Add or enable another one first.
    LastStaff: "last_staff", CONFLICT, "The last staff user cannot be removed";
    /// The state of the resource does not permit this operation; the detail names the state. Read the resource again.
    Conflict: "conflict", CONFLICT, "The state of the resource does not permit this";
    /// A call with the same Idempotency-Key is still running. Retry after the time in Retry-After.
    IdempotencyKeyBusy: "idempotency_key_busy", CONFLICT, "The same call is still running";
    /// The resource has another revision than If-Match names, so it was changed meanwhile. Read it again, and repeat the
    /// change with the new ETag.
    Stale: "stale", PRECONDITION_FAILED, "The resource has changed";
    /// The body is longer than the limit in the detail.
    TooLarge: "too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The Content-Type is missing or not the one that the operation reads.
    UnsupportedMediaType: "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    /// The request can be read, but some of its fields have values that are not permitted; the member fields lists all
    /// of them.
    Invalid: "invalid", UNPROCESSABLE_ENTITY, "Invalid fields";
    /// The Idempotency-Key was used for another request before. Choose a new key for every new request.
    IdempotencyKeyReused: "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key belongs to another call";
    /// The operation overwrites a resource. Send If-Match with the ETag of the revision that you read, or *.
    PreconditionRequired: "precondition_required", PRECONDITION_REQUIRED, "If-Match is required";
    /// Too many requests of this caller, or too many wrong passwords from this address. Retry after the time in
    /// Retry-After. Operators see and clear wrong passwords with claviger throttle list and clear.
    TooManyRequests: "too_many_requests", TOO_MANY_REQUESTS, "Too many requests";
    /// The set-up link was used, replaced or has expired. An administrator can create a new one.
    LinkWorthless: "link_worthless", GONE, "The link is not valid";
    /// An error of Claviger. The log has the reason, by the request id of the response.
    Internal: "internal", INTERNAL_SERVER_ERROR, "Internal error";
    /// Too many passwords are being verified. Retry after the time in Retry-After.
    Busy: "busy", SERVICE_UNAVAILABLE, "Overloaded";
    /// The database does not answer; nothing was changed. Retry after the time in Retry-After.
    DatabaseUnavailable: "database_unavailable", SERVICE_UNAVAILABLE, "The database does not answer";
    /// The database answers, but its schema or the rights of its user do not fit. An operator has to repair it; the log
    /// says how.
    DatabaseUnusable: "database_unusable", SERVICE_UNAVAILABLE, "The database cannot be used";
    /// The database has no space left; nothing was changed, and reads still work. An operator has to free space.
    DatabaseFull: "database_full", SERVICE_UNAVAILABLE, "The database has no space left";
    /// The database is read-only, as a standby is; nothing was changed, and reads still work.
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
