//! The sentences in which operations and forms refuse. The management API and the log say them in English; the console
//! says them in the language of the reader, by the message of the sentence.

mod argument;

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

pub use self::argument::Argument;
use crate::credential::{Label, LabelError};

/// One row a sentence: its arguments, the message of the console, and the English words, which are those of the message.
macro_rules! sentences {
    ($($(#[doc = $doc:literal])* $name:ident $({ $($argument:ident),+ })?: $message:literal, $english:literal;)*) => {
        /// What is wrong, or why something is refused. Of a field, it is the predicate of a sentence whose subject is the
        /// field, and begins with a lower-case letter: "must not be empty".
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Sentence {
            $($(#[doc = $doc])* $name $({ $($argument: Argument),+ })?,)*
            /// In the language of the reader already: a message of the console.
            Localized(String),
            /// English only: for callers of the management API, and the words of libraries. Pages mark it as English.
            Untranslated(Cow<'static, str>),
        }

        impl Sentence {
            /// Every message, with its English words.
            #[cfg(test)]
            pub(in crate::control) const MESSAGES: &[(&str, &[&str], &str)] =
                &[$(($message, &[$($(stringify!($argument)),+)?], $english)),*];

            /// The message of the console, with its arguments.
            pub(in crate::control) fn message(&self) -> Option<(&'static str, Vec<(&'static str, &Argument)>)> {
                match self {
                    $(Self::$name $({ $($argument),+ })? => {
                        Some(($message, vec![$($((stringify!($argument), $argument)),+)?]))
                    })*
                    Self::Localized(_) | Self::Untranslated(_) => None,
                }
            }
        }

        impl fmt::Display for Sentence {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name $({ $($argument),+ })? => write!(f, $english),)*
                    Self::Localized(text) => f.write_str(text),
                    Self::Untranslated(text) => f.write_str(text),
                }
            }
        }
    };
}

sentences! {
    // Faults of texts.
    Empty: "refusal-empty", "must not be empty";
    Missing: "refusal-missing", "is missing";
    NotChosen: "refusal-not-chosen", "must be chosen";
    NoChoice: "refusal-no-choice", "is none of the choices";
    TooLong { max }: "refusal-too-long", "is longer than {max} characters";
    ControlCharacters: "refusal-control", "holds control characters";
    NoControlCharacters: "refusal-no-control", "must not hold control characters";
    DirectionCharacters: "refusal-direction", "holds characters that change the writing direction";
    LabelCharacters: "refusal-label", "may contain only letters, digits and . _ : @ / + -";
    CountOutOfRange { max }: "refusal-count", "must be 1 to {max}";
    TooMany { max }: "refusal-too-many", "are more than {max}";
    NotInFuture: "refusal-future", "must be in the future";
    Date: "refusal-date", "must be a date, such as 2026-11-28";
    Cursor: "refusal-cursor", "is not a cursor of this list";
    CursorOfList: "refusal-cursor-leave-out", "is not a cursor of this list; leave it out to begin with the newest";
    CursorOfPage: "refusal-cursor-page", "is not a cursor from a previous page";
    NoAccount: "refusal-no-account", "names no account";

    // Contacts.
    Email: "refusal-email", "must be an e-mail address, such as anna@example.org";
    EmailDomain: "refusal-email-domain", "must have its domain in ASCII (xn--…)";
    DeveloperEmail { number, fault }: "refusal-developer-email", "address {number} {fault}";
    Mobile: "refusal-mobile",
        "must be a + with country code and number, up to 15 digits, such as +441632960961 (E.164)";
    MobileMeant { numbers }: "refusal-mobile-meant",
        "must be written with its country code (E.164): did you mean {numbers}?";
    MobileOfCountry { number, country }: "refusal-mobile-of-country", "{number} ({country})";
    MobileCountry { countries }: "refusal-mobile-country",
        "must begin with {countries}: no text messages go to other countries";
    Or { one, other }: "refusal-or", "{one} or {other}";
    Australia: "refusal-country-au", "Australia";
    Austria: "refusal-country-at", "Austria";
    Belgium: "refusal-country-be", "Belgium";
    France: "refusal-country-fr", "France";
    Germany: "refusal-country-de", "Germany";
    Ireland: "refusal-country-ie", "Ireland";
    Netherlands: "refusal-country-nl", "the Netherlands";
    NewZealand: "refusal-country-nz", "New Zealand";
    SouthAfrica: "refusal-country-za", "South Africa";
    Sweden: "refusal-country-se", "Sweden";
    Switzerland: "refusal-country-ch", "Switzerland";
    UnitedKingdom: "refusal-country-gb", "United Kingdom";

    // Fields of credentials.
    IdReserved { prefix }: "refusal-id-reserved", "must not begin with {prefix}, which is for users' own keys";
    IdOfOtherAccount { account }: "refusal-id-of-account", "must begin with {account}- and continue";
    Username: "refusal-username", "must be 1 to 256 bytes without colon or control characters (RFC 7617)";
    UsernameOfToken: "refusal-username-of-token", "must be left out: a token has no user name";
    UsernameMissing: "refusal-username-missing",
        "is required: each Basic credential has a user name of its own";
    PasswordOfToken: "refusal-password-of-token", "must be left out: a token is generated";
    PasswordOfContact: "refusal-password-of-contact", "must be left out: the contact gets a generated one";
    PasswordTooShort { min }: "refusal-password-short", "is shorter than {min} characters";
    PasswordTooLong { max }: "refusal-password-long", "is longer than {max} bytes, with its user name";
    PasswordCommon: "refusal-password-common", "is one of the most common ones";
    PasswordIsUsername: "refusal-password-username", "holds nothing but the user name";
    PasswordWrong: "refusal-password-wrong", "is wrong";
    ScopeUnknown { scope }: "refusal-scope", "name {scope}, which is not a configured scope";
    EmptyRestriction: "refusal-empty-restriction",
        "must not be empty; leave it out, or remove it with null, to lift the restriction";
    RateUncountable: "refusal-rate", "would take more than a hundred years to refill";
    OverlapTooLong: "refusal-overlap", "must be at most 366 days";
    ContactMissing: "refusal-contact-missing", "is required: the secret is sent to the contact";
    DeliverOwnKey: "refusal-deliver-own-key", "must be show: a user's own key has no contact";
    DeliverNotConfigured: "refusal-deliver-off",
        "must be show: secrets are sent only where delivery.mail and delivery.sms are set";
    DeliverToContactOnly: "refusal-deliver-contact",
        "must be send: by delivery.show_to_creator, only the contact sees the secret";
    VersionUnknown { name, known }: "refusal-version-unknown", "must be a configured version, and {name} is not; {known}";
    VersionsKnown { names }: "refusal-versions-known", "known: {names}";
    VersionsNone: "refusal-versions-none", "none is configured";
    VersionRetired { name }: "refusal-version-retired", "must be in service, and {name} is retired";
    VersionKept: "refusal-version-kept", "cannot be removed while versions are configured";
    VersionNotUpgradable: "refusal-version-none", "cannot be upgraded: no version is configured";
    VersionIsCurrent { version }: "refusal-version-current", "is already {version}";
    VersionOlder { to, current }: "refusal-version-older",
        "must be true to pin it to {to}, which is older than its current version {current}";

    // Fields of users, tokens and access requests.
    Role: "refusal-role", "must be staff, owner, implementer or member";
    RoleOfToken: "refusal-role-of-token", "must be staff, owner or implementer";
    RoleOfStaff: "refusal-role-staff", "cannot change into or out of staff: create another user";
    AccountOfStaff: "refusal-account-staff", "must be left out: staff belong to no account";
    AccountMissing: "refusal-account-missing", "is required: only staff belong to none";
    FirstUserEmail: "refusal-first-user-email", "is required for the first user";
    ExistingUserEmail: "refusal-existing-user-email", "must be left out: this link is for an existing user";
    ExpiryOfCreator { end }: "refusal-expiry-of-creator",
        "must not be after {end}, when the token that creates it expires";
    StartDate: "refusal-start-date", "must be today or a later date, such as 2027-01-31";
    UseCases: "refusal-use-cases",
        "each must be third_party_tool, data_extraction, reporting, integration, automation or \"other: \" and 1 to 200 \
         characters, without control characters";
    PolicyTooLong: "refusal-policy-long", "must not be longer than 2000 characters";
    PolicyAddress: "refusal-policy",
        "must be an address of a public site, such as https://example.org/privacy: http or https, a host with a name, \
         no user, and all but letters, digits and signs of ASCII encoded";

    // Fields of webhooks.
    WebhookCredential: "refusal-webhook-credential", "names no credential that may have webhooks of yours";
    EventUnknown { any, names }: "refusal-event-unknown", "must be {any} or one of: {names}";
    EventForm: "refusal-event-form", "must be an entity and an operation: contact.created";
    UrlLength: "refusal-url-length", "must be 1 to 2,000 characters";
    UrlStoredLength: "refusal-url-stored-length",
        "must be at most 2,000 characters as it is sent: with a path, and %22 instead of \"";
    UrlCharacters: "refusal-url-characters",
        "must be of ASCII letters, digits and signs, without spaces and backslashes; write other letters as %XX, and a \
         host as xn--…";
    UrlHttps: "refusal-url-https", "must be https://…; an operator can allow http:// (webhooks.allow_http)";
    UrlScheme: "refusal-url-scheme", "must be https://… or http://…";
    UrlFragment: "refusal-url-fragment", "must have no fragment (#…)";
    UrlUser: "refusal-url-user", "must have no user name and password";
    UrlAddress: "refusal-url-address", "must name a host, such as hooks.example.org, and not an address";
    UrlLocalhost: "refusal-url-localhost", "must not lead to this machine";
    UrlHost: "refusal-url-host", "must have the full name of a host, such as hooks.example.org";
    UrlOwnHost { host }: "refusal-url-own-host", "must not lead to {host}, which is this installation itself";
    UrlPort { port, allowed }: "refusal-url-port",
        "must have port {allowed}, not {port}; an operator can allow others (webhooks.ports)";
    UrlForm: "refusal-url-form", "must be a web address, such as https://hooks.example.org/claviger";
    UrlNotPublic { address }: "refusal-url-not-public",
        "resolves to {address}, which is not public; an operator can allow it (webhooks.allow)";
    UrlNotFound: "refusal-url-not-found", "has a host that is not found";
    UrlBusy: "refusal-url-busy", "has a host that cannot be looked up now; try again";

    // Fields of files.
    FileMissing: "refusal-file-missing", "is missing or empty";
    FileTooLarge: "refusal-file-large",
        "is too large for this page; import it with the command line or the management API";
    FileNotText: "refusal-file-text", "is not text in UTF-8";
    HtpasswdAccount: "refusal-htpasswd-account", "is missing: an htpasswd file does not say whose its users are";
    HtpasswdOnly: "refusal-htpasswd-only", "is for htpasswd only; the other formats have their own field for it";

    // Conflicts.
    ParentDeleted: "refusal-parent-deleted", "a resource that this one belongs to was deleted";
    AccountIdTaken: "refusal-account-id-taken", "another account has this id";
    CredentialIdTaken: "refusal-credential-id-taken", "another credential has this id";
    UsernameTaken: "refusal-username-taken", "another credential has this user name";
    EmailTaken: "refusal-email-taken", "another user has this e-mail address";
    Oneself: "refusal-oneself", "you cannot disable yourself";
    LastStaff: "refusal-last-staff", "this is the last of the staff who can sign in";
    LastOwner: "refusal-last-owner",
        "this is the last owner of the account who can sign in; only the provider can do this";
    AlreadySetUp: "refusal-already-set-up", "set-up is complete: a user of the staff has a password";
    LinkNotValid: "refusal-link", "this link is not valid; ask for a new one";
    SignInWrong: "refusal-sign-in", "e-mail address or password is wrong";
    SignInTooMany { seconds }: "refusal-sign-in-wait", "too many wrong passwords; try again in {seconds} s";
    AccessNotGranted: "refusal-access-not-granted", "API access has not been granted to this account";
    AccessAlreadyGranted: "refusal-access-granted", "API access has already been granted to this account";
    MembersNotAllowed: "refusal-members", "this account does not let its members have keys of their own";
    RequestPending: "refusal-request-pending", "a request of this account already waits for a decision";
    RequestIsPending: "refusal-request-is-pending", "this request is already pending";
    RequestIsApproved: "refusal-request-is-approved", "this request is already approved";
    RequestIsDeclined: "refusal-request-is-declined", "this request is already declined";
    RequestIsWithdrawn: "refusal-request-is-withdrawn", "this request is already withdrawn";
    CredentialChanged: "refusal-credential-changed", "it has changed meanwhile; read it again";
    OwnKeyReset: "refusal-own-key-reset",
        "this is a user's own key: its user regenerates it, and staff can only reset and enable it in one step; \
        clear it to make its user regenerate it";
    OwnKeyNotShown: "refusal-own-key-not-shown",
        "only its user may see the secret of this own key; clear it, and let its user generate a new one";
    OwnKeyUnusable { reason }: "refusal-own-key-unusable",
        "the new secret of this own key would be refused: {reason}";
    OwnKeyDuplicate: "refusal-own-key-duplicate", "this is a user's own key, and a user has only one";
    OwnKeyEnabled: "refusal-own-key-enabled", "your key is already enabled; regenerate it to get a new secret";
    OwnKeyDisabled: "refusal-own-key-disabled",
        "your key is disabled; ask an owner of the account to enable it";
    OwnKeyDisabledFor { reason }: "refusal-own-key-disabled-for",
        "your key is disabled ({reason}); ask an owner of the account to enable it";
    OwnKeyExpired { end }: "refusal-own-key-expired",
        "your key expired at {end}; ask an owner of the account to extend it";
    OwnKeyIdTaken { id }: "refusal-own-key-id", "another credential has the id of your key: {id}";
    NoDelivery: "refusal-no-delivery",
        "secrets are not sent: delivery.mail and delivery.sms are not both set";
    NothingToSend: "refusal-nothing-to-send",
        "no secret waits to be shown; reset the credential to send a new one";
    SecretNotSent { reason }: "refusal-secret-not-sent", "nothing is sent while {reason}";
    TextsUsedUp { next }: "refusal-texts-used-up",
        "no more text messages are sent to this number, or for this account, until {next}";
    TextsEnded: "refusal-texts-ended", "this link has had all of its text messages; send a new link";
    WebhooksOfCredential { max }: "refusal-webhooks-of-credential",
        "this credential has {max} webhooks already, which is the most it may have; delete one first";
    WebhooksOfAccount { max }: "refusal-webhooks-of-account",
        "this account has {max} webhooks already, which is the most it may have; delete one first";
    WebhookKeyMissing: "refusal-webhook-key",
        "its secret cannot be derived: the installation key (installation_key_file) is missing here";
    WebhookStopped { reason }: "refusal-webhook-stopped", "nothing is sent to this webhook now: {reason}";
    WebhookWaiting: "refusal-webhook-waiting", "this delivery is still waiting, and is sent without a replay";

    // Reasons, as clauses of the sentences above.
    AccessOff: "refusal-because-access-off", "the account has API access switched off";
    AccountNotGranted: "refusal-because-not-granted", "API access has not been granted to the account";
    AccountWithoutAccess: "refusal-because-no-access", "its account has no API access";
    KeyMembersNotAllowed: "refusal-because-members",
        "the account does not let its members have keys of their own";
    UserDisabled: "refusal-because-user-disabled", "its user is disabled";
    UserGone: "refusal-because-user-gone", "its user is gone";
    ItIsDisabled: "refusal-because-disabled", "it is disabled";
    ItHasExpired: "refusal-because-expired", "it has expired";
    VersionMissing: "refusal-because-no-version", "it has no version; upgrade it first";
    VersionNotConfigured: "refusal-because-version-unknown", "its version is not configured; upgrade it first";
    VersionIsRetired: "refusal-because-version-retired", "its version is retired; upgrade it first";
    WebhookPaused: "refusal-because-paused", "it is paused";
    WebhookSwitchedOff: "refusal-because-switched-off", "it was switched off";
    WebhookAccessOff: "refusal-because-webhook-access", "API access of the account is off";
    WebhookCredentialDisabled: "refusal-because-credential-disabled", "its credential is disabled";
    WebhookCredentialCleared: "refusal-because-credential-cleared", "its credential has no secret";
    WebhookCredentialExpired: "refusal-because-credential-expired", "its credential has expired";
    WebhookOwnerDisabled: "refusal-because-owner-disabled", "the user of its key is disabled";
    WebhookMembersNotAllowed: "refusal-because-webhook-members",
        "members of the account may not have keys of their own";

    // Conditions that are not met.
    ThrottledSignIn { throttled }: "refusal-throttled-sign-in",
        "Sign-in with the user's right password is refused {throttled}";
    ThrottledPassword { id, throttled }: "refusal-throttled-password",
        "The right password of {id} is refused {throttled}";
    Throttled { address, until, others, guesses }: "refusal-throttled",
        "from {address} until {until}{others} because of {guesses} before. The provider can clear that: claviger \
        throttle clear --address {address}";
    OneOtherNetwork: "refusal-one-other-network", ", and from another network,";
    OtherNetworks { count }: "refusal-other-networks", ", and from {count} other networks,";
    OneWrongGuess: "refusal-one-wrong-guess", "1 wrong one";
    WrongGuesses { count }: "refusal-wrong-guesses", "{count} wrong ones";
    WithoutVersion { id }: "refusal-without-version",
        "{id} has no version, and the gate requires one. An owner or an implementer of the account can upgrade it.";
    PinnedToUnknown { id, version }: "refusal-pinned-unknown",
        "{id} is pinned to version {version}, which is not configured. An owner or an implementer of the account can \
        upgrade it.";
    PinnedToRetired { id, version }: "refusal-pinned-retired",
        "{id} is pinned to version {version}, which is retired. An owner or an implementer of the account can upgrade it.";
    WithoutScopes { id }: "refusal-without-scopes",
        "{id} has an empty list of scopes, which permits nothing. An owner or an implementer of the account can edit them.";
    ScopesUnknown { id, scopes }: "refusal-scopes-unknown",
        "{id} has scopes that are not configured: {scopes}. An owner or an implementer of the account can edit them.";

    // Conditions of a process, on the page of its status.
    FilesInForce: "status-files-in-force", "files on disk are in force";
    NotStopping: "status-not-stopping", "not stopping";
    DatabaseAnswers: "status-database-answers", "database answers";
    DatabaseIsPrimary: "status-database-primary", "database is a primary that takes writes";
    DatabaseRead: "status-database-read", "database has been read";
    DatabaseFollowed: "status-database-followed", "database is followed";
    DatabaseNamesConfigured: "status-database-names", "database names configured versions and scopes";
    MailsGoOut: "status-mails", "mails go out";
    TextsGoOut: "status-texts", "text messages go out";

    // Requests that no form of the console sends.
    PathUnknown: "refusal-path", "no page has this address";
    BodyTooLarge: "refusal-body-large", "the body is too large; send a smaller one";
    MediaType: "refusal-media-type",
        "the Content-Type is missing, or not one that this operation reads; send another";
    Unreadable: "refusal-unreadable", "the request cannot be read; correct it";
    CrossSite: "refusal-cross-site",
        "a request with a session cookie needs Sec-Fetch-Site: same-origin or the Origin of this site; pages of other \
         sites may not call this";
    SessionCookies: "refusal-session-cookies", "the request has more than one session cookie";
    KeyedBodyTooLarge { max }: "refusal-keyed-body-large",
        "a body with an Idempotency-Key may have at most {max} bytes";
    FormTooLarge { max }: "refusal-form-large", "a form may have at most {max} bytes";
    FormNotText: "refusal-form-text", "the form is not UTF-8";
    FormFieldNotText: "refusal-form-field-text", "a field of the form is not UTF-8";
    FormTooManyFields { max }: "refusal-form-fields", "the form has more than {max} fields";
    FormFieldUnknown: "refusal-form-field-unknown", "the form has a field that this page does not have";
    FormFieldTwice: "refusal-form-field-twice", "the form has a field twice";
    FormFieldsOnceEach: "refusal-form-fields-once", "the form does not have these fields once each";
    FormUnreadable: "refusal-form-unreadable", "the form cannot be read";
    FormMediaType: "refusal-form-media-type", "a form is sent as application/x-www-form-urlencoded";
    FormRevision: "refusal-form-revision", "the form has a revision that is no number";
    FormDecision: "refusal-form-decision", "the form has no decision that this page has";
    UploadMediaType: "refusal-upload-media-type", "a file is sent as multipart/form-data";
    UploadTooLarge { max }: "refusal-upload-large", "a file may have at most {max} bytes";
    FilterValue: "refusal-filter-value", "the filter has a value of no meaning";
    FilterState: "refusal-filter-state", "this page has no such state";
    FilterAccount: "refusal-filter-account", "this is no id of an account";
    FilterGranted: "refusal-filter-granted", "granted is yes or no";
}

impl Sentence {
    /// For callers of the management API, and for words that have no translation.
    pub(crate) fn english(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Untranslated(text.into())
    }

    /// "a or b or c"
    pub(in crate::control) fn any_of(choices: impl IntoIterator<Item = Argument>) -> Argument {
        let join = |one, other| Self::Or { one, other }.into();
        choices.into_iter().reduce(join).unwrap_or_else(|| Argument::Text(String::new()))
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<LabelError> for Sentence {
    fn from(error: LabelError) -> Self {
        match error {
            LabelError::Empty => Self::Empty,
            LabelError::TooLong => Self::TooLong { max: Label::MAX_LENGTH.into() },
            LabelError::Character => Self::LabelCharacters,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{InvalidCursor, UnfitUseCase};

    #[test]
    fn the_sentence_of_an_error_of_a_value_has_its_words() {
        for error in [LabelError::Empty, LabelError::TooLong, LabelError::Character] {
            assert_eq!(Sentence::from(error).to_string(), error.to_string());
        }
        assert_eq!(Sentence::UseCases.to_string(), format!("each {UnfitUseCase}"));
        assert_eq!(Sentence::CursorOfPage.to_string(), InvalidCursor.to_string());
        assert_eq!(Sentence::Role.to_string(), "".parse::<crate::store::Role>().unwrap_err().to_string());
    }
}
