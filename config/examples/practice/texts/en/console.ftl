# The words of a product for clinics and practices: My Account > API/keys, after the support team has approved a request.

# Menu and first page.
layout-section-api = My Account
profile-title = My Account
layout-section-account = Practice
layout-section-provider = Support Team
overview-ask = Request API access
overview-ask-lead = API access allows you to integrate your account securely with external systems. The Support Team decides about each request.
overview-asked-lead = The Support Team has not decided about it yet. Wait for approval before proceeding.
overview-off = API access is approved, and switched off. All API keys are refused.
overview-not-granted = API access has not been approved for your account yet.
overview-credentials = API/keys
overview-own-key = My personal key
overview-to-own-key = Show my personal key

# The request for API access.
access-lead-not-granted = API access has not been approved for your account yet.
access-lead-off = API access is approved, and switched off. All API keys are refused.
access-lead-on = API access is approved and switched on. Your API keys are under “API/keys”.
access-ask = Request API access
access-ask-lead = Tell the Support Team when you want to start and what you plan. After the approval, refresh the page: “API/keys” is in the menu.
access-ask-button = Send request
access-start =
    .hint = The first day on which you plan to use the API.
access-uses = Planned use cases
    .hint = Choose all that apply, or describe them below.
access-uses-unfit = Choose your planned use cases, or describe them
access-other = Other use cases
access-members = Personal keys for the team
    .hint = Members of the team may have a key of their own. While this is not allowed, the keys that they have are refused.
access-off-credentials = { $count ->
    [0] No API key is enabled now.
    [one] 1 enabled API key will be refused at once.
   *[other] { $count } enabled API keys will be refused at once.
}
access-off-later = Nothing is deleted. When you enable API access again, the same API keys work.
access-granted = The Support Team has approved API access.
access-granted-missing = The Support Team has not approved API access.
access-created = An API key exists.
access-created-missing = There is no API key.
access-secret = It has not been cleared.
access-secret-missing = It was cleared.
access-revealed = It was shown to its user.
access-revealed-missing = It has not been shown to its user yet.
access-who-enables-user = { $owner } or the Support Team can enable the user.
access-who-asks = { $owner } can request it from the Support Team.
access-who-decides = The request for it waits for the Support Team.
access-who-creates = { $owner } or { $implementer } generates API keys; each person can have a personal key.
access-who-resets = { $owner } or { $implementer } can generate a new one; so can the person whose personal key it is.
access-who-clears = It ends by itself; the Support Team can end it sooner.
access-link-ask = Request API access
access-link-create = New API key
access-link-credential = Show API key
access-link-own-key = To my personal key
done-access-asked = Your request was sent to the Support Team. You see the decision on this page.
done-access-off = API access is disabled. All API keys are refused.

# API/keys.
credentials-title = API/keys
credentials-lead = This service does not retain a copy of your API key, so if you lose it, you will need to generate a new one.
credentials-new = New API key
credentials-new-lead = For one external system, with only the rights that it needs.
credentials-create = Generate API key
credentials-account-off = API access is switched off. All API keys are refused.
credentials-unreadable = { $count ->
    [one] 1 API key cannot be read; the log of the service has the reason.
   *[other] { $count } API keys cannot be read; the log of the service has the reason.
}
credentials-empty = No API keys yet
credentials-empty-lead = An API key is what an external system calls the API with. It can do only what you choose, such as retrieving data or updating appointments.
credentials-kind-password-hint = Not for this API, which accepts API keys only.
credentials-kind-own = Personal key
credentials-fact-overlap = Old key ends
credentials-fact-secret-made = Key generated
credentials-verb-reset = New key
credentials-refused-own-cleared = It has no key. Its user will need to generate a new one.
credentials-refused-granted = The Support Team has not approved API access.
credentials-refused-cleared = It was cleared. You will need to generate a new one.
credentials-how-lead = The next page shows the API key to you: once. Store it securely to prevent unauthorised access.
credentials-name =
    .hint = What you recognise it by, for example the external system.
credentials-scopes = Actions and what they apply to
credentials-active = This API key is active
credentials-fault-choose-stop = Choose when the old key stops
credentials-id-taken = Another API key has this id
credentials-username-taken = Another API key has this username
credentials-fault-confirm = must be the id of this API key
credentials-was-reset = { $name } has a new API key
credentials-secret-once = Store it securely now: it is shown once. This service does not retain a copy of your API key, so if you lose it, you will need to generate a new one.
credentials-secret-lost = If you no longer have access to the key of { $name }, generate a new one; the old one stops.
credentials-edit-lead = Details and rights. The API key stays as it is.
credentials-reset = Generate a new key
credentials-reset-title = Generate a new key for { $name }?
credentials-reset-lead = The next page shows the new key once. Rights and settings stay.
credentials-will-break = External systems with the old key are refused when it stops, until they have the new one.
credentials-old-stops = The old key stops
credentials-no-old-secret = It has no key at present.
credentials-end-stays = It still expires on { $date }: a new key does not prolong it.
credentials-overlap = Two keys
credentials-overlap-lead = The old key is accepted beside the new one. It ends
credentials-duplicate-lead = A second one with the same rights and settings, and a key of its own.
credentials-disable-lead = The API refuses it until it is enabled again.
credentials-enable-lead = The same key works again.
credentials-clear-lead = The key is deleted, and the API refuses it. To use it again, you will need to generate a new one.
credentials-clear-lead-own = The key is deleted, and the API refuses it. Its user will need to generate a new one.
done-credential-overlap = The old key of { $subject } has stopped.

# Personal keys.
own-key-title = My personal key
own-key-secret-title = Your new personal key
own-key-secret-once = Store it securely now: it is shown once. This service does not retain a copy of your API key, so if you lose it, you will need to generate a new one.
own-key-secret-lost = Lost it? Generate a new one on the page “My personal key”.
own-key-regenerate = Generate a new key
done-own-key-off = Your personal key is switched off.
management-title = Keys of the team
management-lead = People with a personal key.
management-empty = No personal keys yet.

# People.
users-role-owner = Everything in the account: requests, API keys, users, audit
users-role-implementer = API keys of the account
users-role-member = A personal key, while the account permits it
users-account-new =
    .hint = The id of the account; empty for people of the Support Team
users-role-staff = Works for the Support Team: all accounts, and no account of their own

# For the support team.
requests-lead = Account owners request API access here. With an approval, an account has access at once.
requests-start = Intended start date
requests-uses = Planned use cases
requests-use-third-party-tool = Third-party tool
accounts-lead = The practices. An account can use the API once access is granted to it.
accounts-grant-state = Granted by the Support Team
accounts-members = Personal keys of the team
accounts-credentials = API keys
accounts-credentials-cleared = Cleared
accounts-credentials-list = Show API keys
accounts-withdraw-later = Nothing is deleted. When access is granted again, the same API keys work.
