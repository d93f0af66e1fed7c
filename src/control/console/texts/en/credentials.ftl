# Credentials of an account, which pages call API accounts.
credentials-title = API accounts
credentials-lead = Companies and programs that may call the API. A key is shown once, when it is generated; we keep no copy.
credentials-new = New API account
credentials-new-lead = For a company or a program that calls the API on your behalf.
credentials-create = Create API account
credentials-save = Save
credentials-cancel = Cancel
credentials-back = Back
credentials-account-off = API access is switched off for this account. Every API account is refused.
credentials-account-off-link = API access

# The list and its filter.
credentials-filter-part = Search by name
credentials-filter-created = Created on
credentials-filter-state = State
credentials-filter-kind = Kind
credentials-filter-account = Account
credentials-filter-apply = Apply
credentials-filter-clear = Clear all
credentials-filter-remove = Remove the filter { $filter }
credentials-created-any = Any time
credentials-created-7 = Last 7 days
credentials-created-30 = Last 30 days
credentials-created-before = More than 30 days ago
credentials-state-any = All
credentials-state-enabled = Enabled
credentials-state-disabled = Disabled
credentials-state-expired = Expired
credentials-state-cleared = Cleared
credentials-state-waiting = Waiting
credentials-kind-any = All
credentials-kind-token = API key
credentials-kind-token-hint = One long text, which we generate.
credentials-kind-password = Username and password
credentials-kind-password-hint = For programs that only know these two.
credentials-kind-own = Key of a user
credentials-chip-part = Name: { $value }
credentials-chip-account = Account: { $value }
credentials-chip-owner = User: { $value }
credentials-chip-created = Created: { $value }
credentials-chip-state = State: { $value }
credentials-chip-kind = Kind: { $value }
credentials-count-enabled = { $count } enabled
credentials-count-disabled = { $count } disabled
credentials-count-expired = { $count } expired
credentials-count-cleared = { $count } cleared
credentials-count-waiting = { $count } waiting
credentials-unreadable = { $count ->
    [one] 1 API account cannot be read; the log of the service has the reason.
   *[other] { $count } API accounts cannot be read; the log of the service has the reason.
}
credentials-nothing-matches = Nothing matches.
credentials-no-more = There are no more.
credentials-empty = No API accounts yet
credentials-empty-lead = An API account is what a company or a program signs in to the API with: a key, or a username and a password, with rights of its own.
credentials-pages = Pages
credentials-first = First page
credentials-next = Next page
credentials-more = More
credentials-more-of = More for { $name }
credentials-own-key-of = Key of { $name }
credentials-file = In the credentials file
credentials-file-lead = These are changed in the credentials file of the service.
credentials-file-badge = In a file
credentials-file-more = { $count ->
    [one] The file has 1 more.
   *[other] The file has { $count } more.
}

# Facts.
credentials-fact-reason = Reason
credentials-fact-overlap = Old secret ends
credentials-fact-hint = Key ends in
credentials-fact-used = Last used
credentials-fact-secret-made = Secret created
credentials-fact-owner = User
credentials-fact-created = Created
credentials-facts = Details
credentials-key = API key
credentials-ends-in = ends in
credentials-anywhere = From anywhere
credentials-never = Does not expire
credentials-rate-default = Default
credentials-rate-is = { $requests } requests in { $seconds } seconds
credentials-version-none = none
credentials-version-unknown = { $version }, no longer offered
credentials-version-newest = { $version } (newest)
credentials-version-retired = { $version }, ended on { $date }
credentials-version-ends = { $version }, ends on { $date }
credentials-version-deprecated = { $version }, deprecated since { $date }
credentials-version-will-be-deprecated = { $version }, deprecated from { $date } on
credentials-any-method = Everything under
credentials-scope-unknown = no longer offered
credentials-never-used = Never
credentials-addresses-count = { $count ->
    [one] 1 address
    [16] 16 or more addresses
   *[other] { $count } addresses
}

# Who uses it.
credentials-use = Use
credentials-last-used = Last used
credentials-used-from = from { $address }
credentials-used-addresses = { $count ->
    [one] From 1 address in the last 30 days
    [16] From 16 or more addresses in the last 30 days
   *[other] From { $count } addresses in the last 30 days
}
credentials-never-used-lead = It has not been used yet.
credentials-who-notices = Who will notice
credentials-history = History
credentials-history-all = Full history
credentials-verb-create = Created
credentials-verb-duplicate = Created as a duplicate
credentials-verb-edit = Edited
credentials-verb-reset = New secret
credentials-verb-end-overlap = Overlap ended
credentials-verb-clear = Cleared
credentials-verb-disable = Disabled
credentials-verb-enable = Enabled
credentials-verb-upgrade = Version changed
credentials-verb-import = Imported
credentials-verb-deliver = Link sent again
credentials-verb-deliver-code = Code sent again
credentials-verb-void = Link voided
credentials-verb-lock = Link locked after wrong codes
credentials-verb-reveal = Secret shown to the contact
credentials-verb-own-on = Key switched on
credentials-verb-own-regenerate = Key regenerated
credentials-verb-own-off = Key switched off

# Why it is refused.
credentials-refused = Why it is refused
credentials-refused-granted = API access has not been granted to the account.
credentials-refused-off = API access is switched off for the account.
credentials-refused-members = The account does not let its members have keys.
credentials-refused-user = Its user is disabled.
credentials-refused-own-cleared = It has no key. Its user has to generate a new one.
credentials-refused-cleared = It has no secret.
credentials-refused-waiting = Its secret has not been shown to the contact yet.
credentials-refused-disabled = It is disabled.
credentials-refused-expired = It has expired.
credentials-refused-version = Its API version is not in service.
credentials-refused-scopes = It has no rights, or some that are not offered.
credentials-refused-throttled = It is blocked for a while after too many wrong passwords.
credentials-mend = Change this
credentials-mend-what = Change this: { $what }

# Fields.
credentials-account = Account
    .hint = The id of the account that it belongs to.
credentials-what = What it is
credentials-who = Who will use it
credentials-may = What it may do
credentials-how = How the key gets there
credentials-how-lead = The next page shows you the key, or the generated password, once. Send it in a way that others cannot read.
credentials-how-send = The person above gets an e-mail with a link and a text message with a code. Only they see the key, once.
credentials-deliver = How the secret gets there
credentials-deliver-send = Send it to the integrator
credentials-deliver-send-hint = An e-mail with a link and a text message with a code. Only they see it, once.
credentials-deliver-show = Show it to me now
credentials-deliver-show-hint = The next page shows it once. Send it in a way that others cannot read.
credentials-name = Name
    .hint = How you recognise it, for example the name of the company.
credentials-description = Description
credentials-kind = Kind
credentials-id = Id
    .hint = Appears in logs; cannot be changed. Leave empty to generate one.
credentials-username = Username
    .hint = For the kind “Username and password”. Without a colon.
credentials-password = Password
    .hint = At least 8 characters. We generate one if you leave it empty.
credentials-contact-email = E-mail address
    .hint = A person at the company.
credentials-contact-mobile = Phone number
    .hint = A mobile with its country code, such as +44…
credentials-use-mobile = Use { $number }
credentials-use-mobile-of = Use { $number } ({ $country })
credentials-version = API version
credentials-rights = Rights
credentials-scopes-all = Everything
credentials-scopes-some = Only what is ticked below
credentials-scopes = Rights, one by one
credentials-expires = Expires
credentials-expires-keep = Unchanged: { $end }
credentials-expires-days = In { $days } days ({ $date })
credentials-expires-date = On the date below
credentials-expires-on = Date
    .hint = Refused from the start of this day (UTC).
credentials-addresses = Addresses
    .hint = Where it may be used from: addresses or ranges such as 192.0.2.7 or 10.0.0.0/8, one per line. Empty: from anywhere.
credentials-rate = Rate limit
credentials-rate-lead = Leave empty for the default.
credentials-rate-requests = Requests
credentials-rate-seconds = Seconds
credentials-rate-burst = Burst
    .hint = As many as above if you leave it empty.
credentials-active = This API account is active
credentials-reason = Reason
    .hint = Why it is disabled. Shown here and in the audit log.
credentials-confirm-id = Id
    .hint = Type the id above, so that the right one is deleted.

# Faults; the label of the field stands before them.
credentials-fault-choose = must be chosen
credentials-fault-choose-end = Choose when it expires
credentials-fault-choose-stop = Choose when the old secret stops
credentials-id-taken = Another API account has this id
credentials-username-taken = Another API account has this username
credentials-fault-scopes-all = Rights are ticked, but “Everything” is chosen. Untick them, or choose “Only what is ticked below”
credentials-fault-scopes-none = Tick what it may do, or choose “Everything”
credentials-fault-date-unused = is filled in, but another end is chosen; choose “On the date below”, or leave it empty
credentials-fault-date = must be a date such as 2027-02-26
credentials-fault-address = must have addresses or ranges such as 192.0.2.7 or 10.0.0.0/8, and { $text } is neither
credentials-fault-addresses = must be at most { $count }
credentials-fault-number = must be a whole number from 1 on
credentials-fault-token = is for username and password only; choose that kind, or leave it empty
credentials-fault-reason = is for one that is not active; untick the box, or leave it empty
credentials-fault-confirm = must be the id of this API account

# The secret.
credentials-created = { $name } was created
credentials-was-reset = { $name } has a new secret
credentials-secret-once = Save it now. It can only be viewed once and cannot be recovered.
credentials-secret-chosen = The password is the one that you have entered. It is not shown here and cannot be recovered.
credentials-secret-lost = Lost, or seen by others? Reset { $name }: it gets a new secret, and the old one stops.
credentials-try = Try it
credentials-api-url = https://ADDRESS.OF.THE.API/
credentials-copy = Copy
credentials-copied = Copied
credentials-saved = I have saved it

# How a secret gets to the contact.
credentials-delivery = Delivery
credentials-delivery-waiting = The link waits to be opened, until { $time }.
credentials-delivery-revealed = The secret was shown on { $time }.
credentials-delivery-unused = It has not been used since.
credentials-delivery-locked = The link is locked after five wrong codes.
credentials-delivery-expired = The link ended on { $time }. The secret was not shown.
credentials-delivery-resent = The link was replaced by a newer one on { $time }.
credentials-delivery-reset = The link ended on { $time }: there is another secret.
credentials-delivery-cleared = The link ended on { $time }: the key was cleared.
credentials-delivery-contact = The link ended on { $time }: the contact was changed.
credentials-delivery-voided = The link was voided on { $time }.
credentials-delivery-tries = Codes tried
credentials-delivery-tries-of = { $tries } of 5
credentials-delivery-shown-to = Shown to
credentials-message-sending = Being sent
credentials-message-waiting = Waiting since { $time }
credentials-message-accepted = Accepted by the server on { $time }
credentials-message-delivered = Delivered on { $time }
credentials-message-undelivered = Not delivered, sent on { $time }
credentials-message-failed = Failed, queued on { $time }
credentials-message-given-up = Not sent, queued on { $time }
credentials-message-answer = The server said: { $text }
credentials-message-next = Next attempt on { $time }
credentials-send-again = Send again
credentials-text-again = Text again
credentials-void = Void link
credentials-void-title = Void the link of { $name }?
credentials-void-lead = The link that was sent stops working, and its secret is never made. You can send a new one.

# What can be done with one.
credentials-edit = Edit
credentials-edit-title = Edit { $name }
credentials-edit-lead = Details and rights. The secret stays as it is.
credentials-reset = Reset API key
credentials-reset-password = Reset password
credentials-reset-title = Reset the key of { $name }?
credentials-reset-title-password = Reset the password of { $name }?
credentials-reset-lead-send = The person at the company gets an e-mail with a link and a text message with a code, and sees the new secret, once. Rights and settings stay.
credentials-contact-missing = The new secret is sent to the contact, who has no e-mail address or no phone number yet.
credentials-contact-complete = Complete the contact
credentials-reset-lead = It gets a new secret, which the next page shows once. Rights and settings stay.
credentials-reset-enable = Enable it again at the same time
credentials-will-break = Previous integrations will break when the old secret stops, until they have the new one.
credentials-old-stops = The old secret stops
credentials-old-stops-now = now
credentials-old-stops-hour = in 1 hour
credentials-old-stops-day = in 24 hours
credentials-old-stops-week = in 7 days
credentials-old-stops-shown = when the new one has been shown
credentials-no-old-secret = It has no secret at present.
credentials-end-stays = It still expires on { $date }: a new secret does not extend it.
credentials-end-stays-never = It does not expire.
credentials-overlap = Two secrets
credentials-overlap-lead = The old secret is accepted beside the new one. It ends
credentials-end-overlap = End overlap now
credentials-duplicate = Duplicate
credentials-duplicate-title = Duplicate { $name }
credentials-duplicate-lead = A second one with the same rights and settings, and a secret of its own.
credentials-duplicate-disabled = Disabled, same as the original
credentials-as-original = Same as the original
credentials-copy-of = { $name } (copy)
credentials-upgrade = Upgrade version
credentials-upgrade-title = Upgrade the version of { $name }
credentials-upgrade-lead = Its calls then go to the new version. The program that uses it has to be ready for that.
credentials-upgrade-current = Its version now:
credentials-upgrade-migrate = How to migrate
credentials-upgrade-to = New version
credentials-upgrade-docs = About version { $version }
credentials-upgrade-none = No newer version is offered.
credentials-date-deprecated = deprecated on { $date }
credentials-date-sunset = to end on { $date }
credentials-date-retired = ends on { $date }
credentials-date-none = no end is planned
credentials-disable = Disable
credentials-disable-title = Disable { $name }?
credentials-disable-lead = The API refuses it until it is enabled again. Its secret stays.
credentials-enable = Enable
credentials-enable-title = Enable { $name }?
credentials-enable-lead = It works again with the secret that it had.
credentials-clear = Clear API key
credentials-clear-title = Clear the key of { $name }?
credentials-clear-lead = Its secret is deleted, and the API refuses it. To use it again, it has to be reset.
credentials-clear-lead-own = The key is deleted, and the API refuses it. Its user has to generate a new one.
credentials-delete = Delete
credentials-delete-title = Delete { $name }?
credentials-delete-lead = It is deleted for good, and the API refuses it. This cannot be undone.

done-credential-edited = { $subject } is saved.
done-credential-enabled = { $subject } is active.
done-credential-disabled = { $subject } is disabled. The API refuses it.
done-credential-sent = { $subject }: an e-mail with a link and a text message with a code are on their way.
done-credential-texted = { $subject }: a text message with a new code is on its way.
done-credential-voided = The link of { $subject } is void.
done-credential-cleared = The key of { $subject } is cleared. The API refuses it.
done-credential-deleted = { $subject } is deleted.
done-credential-upgraded = { $subject } has a new version.
done-credential-overlap = The old secret of { $subject } has stopped.
