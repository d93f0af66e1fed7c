# The words of a product for recruiters: User Roles > Misc > API Access: Allowed, Security > API Management, and
# My Settings & Preferences > API Access.

# Menu and first page.
layout-section-api = Security
layout-section-account = Administration
layout-docs = API Documentation
overview-not-granted = API Access has not been granted to your organization yet.
overview-off = API Access is turned off for your organization. All API keys are refused.
overview-on = API Access is turned on for your organization.
overview-to-access = User Roles
overview-credentials = Integration Keys
overview-own-key = My API Key
overview-to-own-key = My Settings & Preferences
profile-title = Your Profile & Preferences

# User Roles: API Access of the organization, and of those who are not admins.
access-title = User Roles
access-lead-not-granted = API Access has not been granted to your organization yet.
access-lead-off = API Access is turned off for your organization. All API keys are refused.
access-lead-on = API Access is turned on for your organization. It is always available for admins, but must be allowed for others.
access-docs = API Documentation
access-ask = Ask for API Access
access-ask-button = Ask for API Access
access-uses = What do you need API Access for?
access-uses-unfit = Choose what you need API Access for, or describe it
access-switches = Misc
access-is-on = On for the organization
access-is-off = Off for the organization
access-enable = Turn API Access on
access-disable = Turn API Access off
access-members = API Access
    .hint = Allowed: users who are not admins can request and use API keys. While it is not allowed, the keys that they have are refused.
access-members-unfit = Choose Allowed or Not allowed for API Access
access-off-title = Turn API Access off for your organization?
access-off-credentials = { $count ->
    [0] No API key is enabled now.
    [one] 1 enabled API key will fail at once.
   *[other] { $count } enabled API keys will fail at once.
}
access-off-later = Nothing is deleted. When you turn API Access on again, the same API keys work.
access-granted = API Access has been granted to the organization.
access-granted-missing = API Access has not been granted to the organization.
access-on = API Access is turned on for the organization.
access-on-missing = API Access is turned off for the organization.
access-role = The user role allows API Access.
access-role-missing = API Access is not allowed for users who are not admins.
access-created = An API key exists.
access-created-missing = There is no API key.
access-secret = The API key has not been cleared.
access-secret-missing = The API key was cleared.
access-revealed = The key was shown to its user.
access-revealed-missing = The key has not been shown to its user yet.
access-who-switches = { $owner } or { $implementer } can turn it on under User Roles.
access-who-allows = { $owner } or { $implementer } can set API Access to Allowed under User Roles.
access-who-creates = Each user turns on a key of their own under My Settings & Preferences; { $owner } or { $implementer } creates integration keys.
access-who-resets = The user has to regenerate another API key; { $owner } or { $implementer } can reset integration keys.
access-link-ask = Ask for API Access
access-link-create = New Integration Key
access-link-credential = Show key
access-link-own-key = To My Settings & Preferences
access-link-switches = To User Roles
done-access-on = API Access is turned on for your organization.
done-access-off = API Access is turned off for your organization. All API keys are refused.
done-access-members-allowed = API Access: Allowed. Users who are not admins can have API keys now.
done-access-members-not-allowed = API Access: Not allowed. Users who are not admins cannot have API keys now, and those that they have are refused.

# My Settings & Preferences: the user's own key.
own-key-title = My Settings & Preferences
own-key-lead = Your API key, for programs that act for you.
own-key-account-off = API Access of your organization is turned off. Your API key is refused until it is turned on again.
own-key-switch = API Access
own-key-off-lead = API Access is off, and you have no API key. When you switch it on, an API key is generated and presented once.
own-key-disabled-lead = Your API key is refused until an admin enables it.
own-key-expired-lead = Your API key is refused. A new key does not change the date; ask an admin.
own-key-switch-off = Switch API Access off
own-key-switch-off-lead = Any existing links with your API key will fail. Later you can switch API Access on again, with another key.
own-key-switch-on = Switch API Access on
own-key-regenerate = Regenerate New Key
own-key-regenerate-lead = Generating a new key will cause any references using your old key to be void: any existing links with the old API key will fail.
own-key-secret-title = Your new API Key
own-key-secret = API Key
own-key-secret-lost = Lost it? Click “Regenerate New Key” under “My Settings & Preferences”.
done-own-key-off = API Access is off. Your API key is void.

# API Management: users with a key.
management-title = API Management
management-lead = Users who have an active API key.
management-user = Search users
management-clear = Clear API Key
management-clear-named = Clear API Key of { $name }
management-clear-lead = Any references to this API key will fail, and API Access of this user is turned off. If this user would like API Access again, they have to regenerate another API key.
done-key-cleared = The API key of { $subject } is cleared. Any references to it fail.

# Webhooks, of users and of integrations.
webhooks-credential = API Key
webhooks-credential-new = API Key
    .hint = The webhook gets what this API key may see, and stops with it.
webhooks-entity = Entity
webhooks-operation = Operation Type
webhooks-of-user = User's Webhooks
webhooks-without-credential = A webhook belongs to an API key, and there is none yet.
webhooks-entity-credential = API Key
webhooks-entity-access-request = Request for API Access
webhooks-entity-account = Organization
webhooks-stopped-access = Stopped: API Access is turned off
webhooks-stopped-disabled = Stopped: its API key is disabled
webhooks-stopped-cleared = Stopped: its API key was cleared
webhooks-stopped-expired = Stopped: its API key has expired
webhooks-stopped-members = Stopped: API Access is not allowed for users who are not admins
webhooks-account = Organization
webhooks-body-hidden = Only the organization sees the body.

# Integration keys: those that belong to no user.
credentials-title = Integration Keys
credentials-lead = API keys of companies and programs, which belong to no user. A key is shown once, when it is made; we keep no copy.
credentials-new = New Integration Key
credentials-create = Create Integration Key
credentials-account-off = API Access is turned off for your organization. All API keys are refused.
credentials-account-off-link = User Roles
credentials-unreadable = { $count ->
    [one] 1 key cannot be read; the log of the service has the reason.
   *[other] { $count } keys cannot be read; the log of the service has the reason.
}
credentials-empty = No integration keys yet
credentials-empty-lead = An integration key is what a company or a program calls the API with, with rights of its own.
credentials-kind-token = API Key
credentials-kind-password-hint = Not for this API, which accepts API keys only.
credentials-key = API Key
credentials-fact-overlap = Old key ends
credentials-fact-secret-made = Key made
credentials-verb-reset = New key
credentials-refused-off = API Access is turned off for the organization.
credentials-refused-members = API Access is not allowed for users who are not admins.
credentials-refused-own-cleared = It has no key. Its user has to regenerate another API key.
credentials-refused-cleared = Its key was cleared.
credentials-how-lead = The next page shows the key to you: once. Hand it over in a way that others cannot read.
credentials-active = This API key is active
credentials-fault-choose-stop = Choose when the old key stops
credentials-id-taken = Another key has this id
credentials-username-taken = Another key has this username
credentials-fault-confirm = must be the id of this key
credentials-was-reset = { $name } has a new key
credentials-secret-lost = Lost, or seen by others? Regenerate the key of { $name }; the old one stops.
credentials-edit-lead = Details and rights. The key stays as it is.
credentials-reset = Regenerate New Key
credentials-reset-title = Regenerate the key of { $name }?
credentials-reset-lead = The next page shows the new key once. Rights and settings stay.
credentials-will-break = Generating a new key will cause any references using the old key to be void, as soon as the old key stops.
credentials-old-stops = The old key stops
credentials-no-old-secret = It has no key at present.
credentials-end-stays = It still expires on { $date }: a new key does not prolong it.
credentials-overlap = Two keys
credentials-overlap-lead = The old key is accepted beside the new one. It ends
credentials-duplicate-lead = A second one with the same rights and settings, and a key of its own.
credentials-disable-lead = The API refuses it until it is enabled again.
credentials-enable-lead = It works again with the same key.
credentials-clear = Clear API Key
credentials-clear-title = Clear the API Key of { $name }?
credentials-clear-lead = Any references to this API key will fail. To use it again, regenerate it.
credentials-clear-lead-own = Any references to this API key will fail. If this user would like API Access again, they have to regenerate another API key.
done-credential-overlap = The old key of { $subject } has stopped.

# People and organizations.
users-role-owner = Everything in the organization: user roles, API keys, users, audit
users-role-implementer = Integration keys and API Management of the organization
users-role-member = A key of their own, while API Access is allowed
accounts-title = Organizations
accounts-lead = The customers. An organization can use the API once API Access is granted to it.
accounts-new = New organization
accounts-new-lead = The organization has no API Access until it is granted.
accounts-create = Create organization
accounts-rename = Rename organization
accounts-id-taken = Another organization has this id
accounts-empty = There are no organizations yet.
accounts-access = API Access
accounts-switch = Turned on by the organization
accounts-members = API Access of users who are not admins
accounts-asking = A request of this organization is waiting.
accounts-grant = Grant API Access
accounts-withdraw = Withdraw API Access
accounts-withdraw-title = Withdraw API Access of { $name }?
accounts-withdraw-later = Nothing is deleted. When access is granted again, the same API keys work.
accounts-credentials = API keys
accounts-credentials-cleared = Cleared
accounts-credentials-list = Show API keys
accounts-audit = What was done with this organization
overview-staff = You see all organizations.
overview-to-accounts = Show organizations
requests-lead = Organizations ask for API Access here. With an approval, an organization has access at once.
requests-account = Organization
requests-approve-lead = The organization has API Access at once.
