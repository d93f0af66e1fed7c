# Refusals: what is wrong with a field, and why something is refused. Those that begin with a lower-case letter
# continue a sentence: at a field, its label stands before.

# Faults of texts.
refusal-empty = must not be empty
refusal-missing = is missing
refusal-not-chosen = must be chosen
refusal-no-choice = is none of the choices
refusal-too-long = is longer than { $max } characters
refusal-control = holds control characters
refusal-no-control = must not hold control characters
refusal-direction = holds characters that change the writing direction
refusal-label = may contain only letters, digits and . _ : @ / + -
refusal-count = must be 1 to { $max }
refusal-too-many = are more than { $max }
refusal-future = must be in the future
refusal-date = must be a date, such as 2026-11-28
refusal-cursor = is not a cursor of this list
refusal-cursor-leave-out = is not a cursor of this list; leave it out to begin with the newest
refusal-cursor-page = is not a cursor from a previous page
refusal-no-account = names no account

# Contacts.
refusal-email = must be an e-mail address, such as anna@example.org
refusal-email-domain = must have its domain in ASCII (xn--…)
refusal-developer-email = address { $number } { $fault }
refusal-mobile = must be a + with country code and number, up to 15 digits, such as +441632960961 (E.164)
refusal-mobile-meant = must be written with its country code (E.164): did you mean { $numbers }?
refusal-mobile-of-country = { $number } ({ $country })
refusal-mobile-country = must begin with { $countries }: no text messages go to other countries
refusal-or = { $one } or { $other }
refusal-country-au = Australia
refusal-country-at = Austria
refusal-country-be = Belgium
refusal-country-fr = France
refusal-country-de = Germany
refusal-country-ie = Ireland
refusal-country-nl = the Netherlands
refusal-country-nz = New Zealand
refusal-country-za = South Africa
refusal-country-se = Sweden
refusal-country-ch = Switzerland
refusal-country-gb = United Kingdom

# Fields of credentials.
refusal-id-reserved = must not begin with { $prefix }, which is for users' own keys
refusal-id-of-account = must begin with { $account }- and continue
refusal-username = must be 1 to 256 bytes without colon or control characters (RFC 7617)
refusal-username-of-token = must be left out: a token has no user name
refusal-username-missing = is required: each Basic credential has a user name of its own
refusal-password-of-token = must be left out: a token is generated
refusal-password-of-contact = must be left out: the contact gets a generated one
refusal-password-short = is shorter than { $min } characters
refusal-password-long = is longer than { $max } bytes, with its user name
refusal-password-common = is one of the most common ones
refusal-password-username = holds nothing but the user name
refusal-password-wrong = is wrong
refusal-scope = name { $scope }, which is not a configured scope
refusal-empty-restriction = must not be empty; leave it out, or remove it with null, to lift the restriction
refusal-rate = would take more than a hundred years to refill
refusal-overlap = must be at most 366 days
refusal-contact-missing = is required: the secret is sent to the contact
refusal-deliver-own-key = must be show: a user's own key has no contact
refusal-deliver-off = must be show: secrets are sent only where delivery.mail and delivery.sms are set
refusal-deliver-contact = must be send: by delivery.show_to_creator, only the contact sees the secret
refusal-version-unknown = must be a configured version, and { $name } is not; { $known }
refusal-versions-known = known: { $names }
refusal-versions-none = none is configured
refusal-version-retired = must be in service, and { $name } is retired
refusal-version-kept = cannot be removed while versions are configured
refusal-version-none = cannot be upgraded: no version is configured
refusal-version-current = is already { $version }
refusal-version-older = must be true to pin it to { $to }, which is older than its current version { $current }

# Fields of users, tokens and access requests.
refusal-role = must be staff, owner, implementer or member
refusal-role-of-token = must be staff, owner or implementer
refusal-role-staff = cannot change into or out of staff: create another user
refusal-account-staff = must be left out: staff belong to no account
refusal-account-missing = is required: only staff belong to none
refusal-first-user-email = is required for the first user
refusal-existing-user-email = must be left out: this link is for an existing user
refusal-expiry-of-creator = must not be after { $end }, when the token that creates it expires
refusal-start-date = must be today or a later date, such as 2027-01-31
refusal-use-cases = each must be third_party_tool, data_extraction, reporting, integration, automation or "other: " and 1 to 200 characters, without control characters
refusal-policy-long = must not be longer than 2000 characters
refusal-policy = must be an address of a public site, such as https://example.org/privacy: http or https, a host with a name, no user, and all but letters, digits and signs of ASCII encoded

# Fields of webhooks.
refusal-webhook-credential = names no credential that may have webhooks of yours
refusal-event-unknown = must be { $any } or one of: { $names }
refusal-event-form = must be an entity and an operation: contact.created
refusal-url-length = must be 1 to 2,000 characters
refusal-url-stored-length = must be at most 2,000 characters as it is sent: with a path, and %22 instead of "
refusal-url-characters = must be of ASCII letters, digits and signs, without spaces and backslashes; write other letters as %XX, and a host as xn--…
refusal-url-https = must be https://…; an operator can allow http:// (webhooks.allow_http)
refusal-url-scheme = must be https://… or http://…
refusal-url-fragment = must have no fragment (#…)
refusal-url-user = must have no user name and password
refusal-url-address = must name a host, such as hooks.example.org, and not an address
refusal-url-localhost = must not lead to this machine
refusal-url-host = must have the full name of a host, such as hooks.example.org
refusal-url-own-host = must not lead to { $host }, which is this installation itself
refusal-url-port = must have port { $allowed }, not { $port }; an operator can allow others (webhooks.ports)
refusal-url-form = must be a web address, such as https://hooks.example.org/claviger
refusal-url-not-public = resolves to { $address }, which is not public; an operator can allow it (webhooks.allow)
refusal-url-not-found = has a host that is not found
refusal-url-busy = has a host that cannot be looked up now; try again

# Fields of files.
refusal-file-missing = is missing or empty
refusal-file-large = is too large for this page; import it with the command line or the management API
refusal-file-text = is not text in UTF-8
refusal-htpasswd-account = is missing: an htpasswd file does not say whose its users are
refusal-htpasswd-only = is for htpasswd only; the other formats have their own field for it

# Conflicts.
refusal-parent-deleted = a resource that this one belongs to was deleted
refusal-account-id-taken = another account has this id
refusal-credential-id-taken = another credential has this id
refusal-username-taken = another credential has this user name
refusal-email-taken = another user has this e-mail address
refusal-oneself = you cannot disable yourself
refusal-last-staff = this is the last of the staff who can sign in
refusal-last-owner = this is the last owner of the account who can sign in; only the provider can do this
refusal-already-set-up = set-up is complete: a user of the staff has a password
refusal-link = this link is not valid; ask for a new one
refusal-sign-in = e-mail address or password is wrong
refusal-sign-in-wait = too many wrong passwords; try again in { $seconds } s
refusal-access-not-granted = API access has not been granted to this account
refusal-access-granted = API access has already been granted to this account
refusal-members = this account does not let its members have keys of their own
refusal-request-pending = a request of this account already waits for a decision
refusal-request-is-pending = this request is already pending
refusal-request-is-approved = this request is already approved
refusal-request-is-declined = this request is already declined
refusal-request-is-withdrawn = this request is already withdrawn
refusal-credential-changed = it has changed meanwhile; read it again
refusal-own-key-reset = this is a user's own key: its user regenerates it, and staff can only reset and enable it in one step; clear it to make its user regenerate it
refusal-own-key-not-shown = only its user may see the secret of this own key; clear it, and let its user generate a new one
refusal-own-key-unusable = the new secret of this own key would be refused: { $reason }
refusal-own-key-duplicate = this is a user's own key, and a user has only one
refusal-own-key-enabled = your key is already enabled; regenerate it to get a new secret
refusal-own-key-disabled = your key is disabled; ask an owner of the account to enable it
refusal-own-key-disabled-for = your key is disabled ({ $reason }); ask an owner of the account to enable it
refusal-own-key-expired = your key expired at { $end }; ask an owner of the account to extend it
refusal-own-key-id = another credential has the id of your key: { $id }
refusal-no-delivery = secrets are not sent: delivery.mail and delivery.sms are not both set
refusal-nothing-to-send = no secret waits to be shown; reset the credential to send a new one
refusal-secret-not-sent = nothing is sent while { $reason }
refusal-texts-used-up = no more text messages are sent to this number, or for this account, until { $next }
refusal-texts-ended = this link has had all of its text messages; send a new link
refusal-webhooks-of-credential = this credential has { $max } webhooks already, which is the most it may have; delete one first
refusal-webhooks-of-account = this account has { $max } webhooks already, which is the most it may have; delete one first
refusal-webhook-key = its secret cannot be derived: the installation key (installation_key_file) is missing here
refusal-webhook-stopped = nothing is sent to this webhook now: { $reason }
refusal-webhook-waiting = this delivery is still waiting, and is sent without a replay

# Reasons, as clauses of the sentences above.
refusal-because-access-off = the account has API access switched off
refusal-because-not-granted = API access has not been granted to the account
refusal-because-no-access = its account has no API access
refusal-because-members = the account does not let its members have keys of their own
refusal-because-user-disabled = its user is disabled
refusal-because-user-gone = its user is gone
refusal-because-disabled = it is disabled
refusal-because-expired = it has expired
refusal-because-no-version = it has no version; upgrade it first
refusal-because-version-unknown = its version is not configured; upgrade it first
refusal-because-version-retired = its version is retired; upgrade it first
refusal-because-paused = it is paused
refusal-because-switched-off = it was switched off
refusal-because-webhook-access = API access of the account is off
refusal-because-credential-disabled = its credential is disabled
refusal-because-credential-cleared = its credential has no secret
refusal-because-credential-expired = its credential has expired
refusal-because-owner-disabled = the user of its key is disabled
refusal-because-webhook-members = members of the account may not have keys of their own

# Conditions that are not met.
refusal-throttled-sign-in = Sign-in with the user's right password is refused { $throttled }
refusal-throttled-password = The right password of { $id } is refused { $throttled }
refusal-throttled = from { $address } until { $until }{ $others } because of { $guesses } before. The provider can clear that: claviger throttle clear --address { $address }
refusal-one-other-network = , and from another network,
refusal-other-networks = , and from { $count } other networks,
refusal-one-wrong-guess = 1 wrong one
refusal-wrong-guesses = { $count } wrong ones
refusal-without-version = { $id } has no version, and the gate requires one. An owner or an implementer of the account can upgrade it.
refusal-pinned-unknown = { $id } is pinned to version { $version }, which is not configured. An owner or an implementer of the account can upgrade it.
refusal-pinned-retired = { $id } is pinned to version { $version }, which is retired. An owner or an implementer of the account can upgrade it.
refusal-without-scopes = { $id } has an empty list of scopes, which permits nothing. An owner or an implementer of the account can edit them.
refusal-scopes-unknown = { $id } has scopes that are not configured: { $scopes }. An owner or an implementer of the account can edit them.

# Requests that no form of the console sends.
refusal-path = no page has this address
refusal-body-large = the body is too large; send a smaller one
refusal-media-type = the Content-Type is missing, or not one that this operation reads; send another
refusal-unreadable = the request cannot be read; correct it
refusal-cross-site = a request with a session cookie needs Sec-Fetch-Site: same-origin or the Origin of this site; pages of other sites may not call this
refusal-session-cookies = the request has more than one session cookie
refusal-keyed-body-large = a body with an Idempotency-Key may have at most { $max } bytes
refusal-form-large = a form may have at most { $max } bytes
refusal-form-text = the form is not UTF-8
refusal-form-field-text = a field of the form is not UTF-8
refusal-form-fields = the form has more than { $max } fields
refusal-form-field-unknown = the form has a field that this page does not have
refusal-form-field-twice = the form has a field twice
refusal-form-fields-once = the form does not have these fields once each
refusal-form-unreadable = the form cannot be read
refusal-form-media-type = a form is sent as application/x-www-form-urlencoded
refusal-form-revision = the form has a revision that is no number
refusal-form-decision = the form has no decision that this page has
refusal-upload-media-type = a file is sent as multipart/form-data
refusal-upload-large = a file may have at most { $max } bytes
refusal-filter-value = the filter has a value of no meaning
refusal-filter-state = this page has no such state
refusal-filter-account = this is no id of an account
refusal-filter-granted = granted is yes or no
