# The words of a platform for partners: Settings > Technical > Platform REST Web Services, with API access tokens.

# Menu and first page.
layout-section-api = Settings: Technical
layout-docs = Developer Docs
overview-off = API access is granted, and switched off. All access tokens are refused.
overview-credentials = Access Tokens
overview-own-key = My Access Token
overview-to-own-key = Show My Access Token

# Platform REST Web Services: the list of access tokens.
credentials-title = Platform REST Web Services
credentials-lead = API access tokens. The auth token value is shown once, when the token is created; we keep no copy.
credentials-new = Create Access Token
credentials-new-lead = Give each integration a token of its own, with only the access rights that it needs.
credentials-create = Create Access Token
credentials-account-off = API access is switched off for this account. All access tokens are refused.
credentials-filter-part = Search by Name
credentials-filter-created = Created On
credentials-filter-clear = Clear All
credentials-created-before = More than 30 days
credentials-empty = No access tokens yet
credentials-empty-lead = An access token is what an integration authenticates with, with access rights of its own.
credentials-unreadable = { $count ->
    [one] 1 access token cannot be read; the log of the service has the reason.
   *[other] { $count } access tokens cannot be read; the log of the service has the reason.
}
credentials-kind-token = Access token
credentials-kind-token-hint = One long text, which the platform generates.
credentials-kind-password-hint = Not for this API, which accepts access tokens only.
credentials-kind-own = Access token of a user
credentials-own-key-of = Access token of { $name }
credentials-fact-hint = Auth token ends in
credentials-fact-overlap = Previous auth token ends
credentials-fact-secret-made = Auth token generated
credentials-key = Auth token
credentials-verb-reset = Reset
credentials-verb-own-on = Token switched on
credentials-verb-own-regenerate = Token regenerated
credentials-verb-own-off = Token switched off
credentials-refused-own-cleared = It was cleared. Its user has to generate a new access token.
credentials-refused-cleared = It was cleared.
credentials-refused-members = The account does not let its members have access tokens.
credentials-how = How the auth token gets there
credentials-how-lead = The next page shows the auth token to you: once. Hand it over in a way that others cannot read.
credentials-name =
    .hint = What you search for, for example the integration.
credentials-rights = Access rights
credentials-scopes = Access rights, one by one
credentials-fault-scopes-all = Access rights are ticked, but “Everything” is chosen. Untick them, or choose “Only what is ticked below”
credentials-active = This access token is active
credentials-fault-choose-stop = Choose when the previous auth token stops
credentials-id-taken = Another access token has this id
credentials-username-taken = Another access token has this username
credentials-fault-confirm = must be the id of this access token
credentials-was-reset = { $name } is reset
credentials-secret-lost = Lost, or seen by others? Reset { $name }: a new auth token is generated, and the previous one stops.

# What the menu of a card does.
credentials-edit-lead = Details and access rights. The auth token stays as it is.
credentials-reset = Reset
credentials-reset-title = Reset { $name }?
credentials-reset-lead = A new API token will be generated, and the auth token value will change. Access rights and settings stay.
credentials-will-break = Add the new auth token value to any existing integrations: when the previous auth token value stops, it will no longer pass authorisation checks.
credentials-old-stops = The previous auth token stops
credentials-no-old-secret = It has no auth token at present.
credentials-end-stays = It still expires on { $date }: a reset does not prolong it.
credentials-overlap = Two auth tokens
credentials-overlap-lead = The previous auth token is accepted beside the new one. It ends
credentials-duplicate-lead = A copy of the token with the same access rights and settings, and an auth token value of its own.
credentials-upgrade = Upgrade Version
credentials-upgrade-lead = From then on, the token is compatible with the new version of the API only. The integrations that use it have to be ready for that.
credentials-disable-lead = The token cannot be used for authentication until it is enabled again.
credentials-enable-lead = The same auth token value can be used for authentication again.
credentials-clear = Clear
credentials-clear-title = Clear { $name }?
credentials-clear-lead = Its auth token is deleted, and the API refuses it. To use it again, it has to be reset.
credentials-clear-lead-own = Its auth token is deleted, and the API refuses it. Its user has to generate a new one.
credentials-delete-lead = The token is removed completely. This cannot be undone.
done-credential-cleared = { $subject } is cleared. The API refuses it.
done-credential-deleted = { $subject } is removed.
done-credential-overlap = The previous auth token of { $subject } has stopped.

# Access tokens of users.
own-key-title = My Access Token
own-key-lead = An access token of your own, for programs that act for you.
own-key-account-off = API access of your account is switched off. Your access token is refused until it is switched on again.
own-key-off-lead = You have no access token. Switching on creates one, and shows it once.
own-key-disabled-lead = Your access token is refused until the administrator of the account enables it.
own-key-expired-lead = Your access token is refused. A new one does not change the date; ask the administrator of the account.
own-key-switch-off-lead = Every integration with your access token stops working at once. Later you can switch on again, with another token.
own-key-regenerate = Regenerate access token
own-key-regenerate-lead = You get a new access token. Every integration with the previous one stops working at once.
own-key-secret-title = Your new access token
own-key-secret = Access token
own-key-secret-lost = Lost it? Regenerate it on the page “My Access Token”.
done-own-key-off = Your access token is switched off.
management-title = Access Tokens of Users
management-lead = People with an access token of their own.
management-nothing = No access token matches.
management-empty = No access tokens of users yet.
management-unreadable = { $count ->
    [one] 1 access token cannot be read; the log has the reason.
   *[other] { $count } access tokens cannot be read; the log has the reasons.
}
management-clear = Clear access token
management-clear-named = Clear access token of { $name }
management-clear-lead = Every integration with this access token stops working at once. This person must generate a new one.
done-key-cleared = The access token of { $subject } is cleared.

# Other pages that name access tokens.
access-lead-off = API access is granted, and switched off. All access tokens are refused.
access-docs = Developer Docs
access-members = Access tokens for members
    .hint = Members may have an access token of their own. While this is not allowed, the tokens that they have are refused.
access-off-credentials = { $count ->
    [0] No access token is enabled now.
    [one] 1 enabled access token will be refused at once.
   *[other] { $count } enabled access tokens will be refused at once.
}
access-off-later = Nothing is deleted. When you enable API access again, the same access tokens work.
access-role-missing = Members of this account may not have access tokens of their own.
access-created = An access token exists.
access-created-missing = There is no access token.
access-secret = It has not been cleared.
access-secret-missing = It was cleared.
access-revealed = The auth token was shown to its user.
access-revealed-missing = The auth token has not been shown to its user yet.
access-who-creates = { $owner } or { $implementer } creates access tokens of the account; each person creates an own one.
access-who-resets = { $owner } or { $implementer } can reset it; the person can switch on an own token again.
access-link-create = Create Access Token
access-link-credential = Show access token
access-link-own-key = To my access token
done-access-off = API access is disabled. All access tokens are refused.
done-access-members-allowed = Members may have access tokens of their own now.
done-access-members-not-allowed = Members may not have access tokens of their own now. The tokens that they have are refused.
accounts-members = Access tokens of members
accounts-credentials = Access tokens
accounts-credentials-cleared = Cleared
accounts-credentials-list = Show access tokens
accounts-withdraw-later = Nothing is deleted. When access is granted again, the same access tokens work.
users-role-owner = Everything in the account: access, access tokens, users, audit
users-role-implementer = Access tokens of the account
users-role-member = An access token of their own, while the account permits it
users-disabled-lead = This user cannot sign in, and their own access token is refused.
