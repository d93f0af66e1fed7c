# The words of a product for box offices: Settings > Users > API Accounts, with Reset API Key.

# Menu and first page.
layout-section-api = Settings: Users
layout-section-account = Administration
overview-credentials = API Accounts
users-title = Console users
users-role-owner = Everything in the account: access, API Accounts, console users, audit
users-role-implementer = API Accounts and keys of the account

# API Accounts.
credentials-title = API Accounts
credentials-lead = All accounts that have secure API access. They reach sensitive data, such as customer information and order history, so you decide who gets one.
credentials-new = New API Account
credentials-new-lead = For the company that you integrate with.
credentials-create = Create API Account
credentials-account-off = API access is switched off. All API Accounts are refused.
credentials-unreadable = { $count ->
    [one] 1 API Account cannot be read; the log of the service has the reason.
   *[other] { $count } API Accounts cannot be read; the log of the service has the reason.
}
credentials-empty = No API Accounts yet
credentials-empty-lead = An API Account is the username and the API key with which a third party reaches your system.
credentials-kind-password = Username and API key
credentials-kind-password-hint = What the third party signs in to the API with.
credentials-kind-token = API key only
credentials-kind-token-hint = For programs without a username: the key is the password, and the username stays empty.
credentials-key = API Key
credentials-fact-overlap = Old API key ends
credentials-fact-secret-made = API key made
credentials-verb-reset = API key reset
credentials-verb-clear = API key cleared
credentials-refused-cleared = It has no API key.
credentials-refused-throttled = Too many wrong API keys were tried; the gate refuses it for a while.
credentials-how-lead = The next page shows the API key to you: once. Keep it secure, as it offers access to sensitive data, and never send it by email.
credentials-how-send = The system sends a text message with an authentication code to the phone, and an email with a link to a secure page to the email address. Only there is the API key shown, once.
credentials-deliver-send = Send it to the API user
credentials-deliver-send-hint = An email with a link to a secure page, and a text message with an authentication code.
credentials-refused-waiting = Its API key has not been shown to the API user yet.
credentials-old-stops-shown = when the API user has seen the new one
credentials-reset-lead-send = Reset it if you think that it has been compromised, or if the integration has stopped functioning. This sends a new email and a new text message to the API user, who then sees the new API key.
credentials-delivery-revealed = The API key was shown on { $time }.
credentials-verb-reveal = API key shown to the API user
done-credential-sent = { $subject }: an email with a link and a text message with an authentication code are on their way.
credentials-name =
    .hint = For your list, for example the company and its purpose.
credentials-username =
    .hint = We recommend the company name of the third party that you integrate with. Without a colon.
credentials-password = API Key
    .hint = Leave it empty: the API key is generated.
credentials-contact-email =
    .hint = Of someone at the company that you integrate with.
credentials-contact-mobile =
    .hint = A mobile or cellphone with its international country code: 07894 123 456 is +447894123456.
credentials-use-mobile = Did you mean { $number }?
credentials-use-mobile-of = Did you mean { $number } ({ $country })?
credentials-fault-choose-stop = Choose when the old API key stops
credentials-id-taken = Another API Account has this id
credentials-username-taken = Another API Account has this username
credentials-fault-token = is for the kind “Username and API key”; choose that kind, or leave it empty
credentials-fault-reason = is for an API Account that is not active; untick the box, or leave it empty
credentials-fault-confirm = must be the id of this API Account
credentials-was-reset = The API key of { $name } is reset
credentials-secret-chosen = The API key is the one that you have entered. It is not shown here and cannot be recovered.
credentials-secret-lost = Lost, or compromised? Reset the API key of { $name }; the old one will no longer function.
credentials-edit-lead = Details and rights. The API key stays as it is.
credentials-reset = Reset API Key
credentials-reset-password = Reset API Key
credentials-reset-title = Reset the API key of { $name }?
credentials-reset-title-password = Reset the API key of { $name }?
credentials-reset-lead = Reset it if you think that it has been compromised, or if the integration has stopped functioning. The next page shows the new API key once.
credentials-will-break = Once the API key has been reset, the old one will no longer function from the time that you choose here. The integration breaks until it has the new one.
credentials-old-stops = The old API key stops
credentials-no-old-secret = It has no API key at present.
credentials-end-stays = It still expires on { $date }: a new API key does not prolong it.
credentials-overlap = Two API keys
credentials-overlap-lead = The old API key is accepted beside the new one. It ends
credentials-duplicate-lead = A second API Account with the same rights and settings, and an API key of its own.
credentials-disable-lead = Access is revoked at once. The API key does not work until the API Account is active again.
credentials-enable-lead = The same API key works again.
credentials-clear = Clear API Key
credentials-clear-title = Clear the API key of { $name }?
credentials-clear-lead = Its API key is deleted, and the API refuses it. To use it again, reset the API key.
credentials-delete-lead = The API Account is deleted for good, and the API refuses it. This cannot be undone.
done-credential-disabled = { $subject } is not active. Its access is revoked.
done-credential-overlap = The old API key of { $subject } has stopped.

# Other pages that name API Accounts.
access-off-credentials = { $count ->
    [0] No API Account is active now.
    [one] 1 active API Account will be refused at once.
   *[other] { $count } active API Accounts will be refused at once.
}
access-off-later = Nothing is deleted. When you enable API access again, the same API Accounts work.
access-lead-off = API access is granted, and switched off. All API Accounts are refused.
access-created = An API Account exists.
access-created-missing = There is no API Account.
access-secret = It has an API key.
access-secret-missing = Its API key was cleared.
access-enabled = It is active.
access-enabled-missing = It is not active.
access-revealed = The API key was shown to the API user.
access-revealed-missing = The API key has not been shown to the API user yet.
access-unthrottled = The gate refuses it nowhere for wrong API keys.
access-unthrottled-missing = The gate refuses it for a while, after too many wrong API keys.
access-who-creates = { $owner } or { $implementer } creates API Accounts; each person creates an own key.
access-link-create = New API Account
access-link-credential = Show API Account
done-access-off = API access is disabled. All API Accounts are refused.
overview-off = API access is granted, and switched off. All API Accounts are refused.
accounts-credentials = API Accounts
accounts-credentials-cleared = Without an API key
accounts-credentials-list = Show API Accounts
accounts-withdraw-later = Nothing is deleted. When access is granted again, the same API Accounts work.
