# API access of an account.
access-title = API access
access-lead-not-granted = API access has not been granted to your account yet.
access-lead-off = API access is granted, but switched off. Every API account and key is refused.
access-lead-on = API access is granted and switched on.
access-docs = API documentation
access-cancel = Cancel

access-request = Your request
access-request-open = Show request
access-request-waits = API access was requested on { $date }. The provider has not decided yet.
access-request-declined = The provider declined the request for API access on { $date }. { $owner } can ask again.
access-request-withdrawn = The request for API access was withdrawn on { $date }. { $owner } can ask again.
access-withdraw = Withdraw request
access-ask = Ask for API access
access-ask-again = Ask again
access-ask-lead = The provider decides about the request. You see the decision here.
access-ask-button = Ask for API access
access-start = Intended start date
    .hint = The first day on which you want to use the API.
access-uses = What do you need API access for?
    .hint = Choose all that apply, or describe it below.
access-uses-unfit = Choose what you need API access for, or describe it
access-other = Something else
    .hint = At most 200 characters.
access-other-unfit = Describe it in one line of at most 200 characters
access-policy = Address of your public privacy policy
    .hint = Optional, such as https://example.org/privacy

access-switches = API access of the account
access-is-on = On
access-is-off = Off
access-enable = Enable API access
access-disable = Disable API access
access-members = API access for members
    .hint = Whether members may have a key of their own. While they may not, the keys that they have are refused.
access-members-allowed = Allowed
access-members-not-allowed = Not allowed
access-members-unfit = Choose Allowed or Not allowed
access-members-save = Save
access-members-lose = { $count ->
    [one] 1 key of a member is refused at once, until members may have keys again.
   *[other] { $count } keys of members are refused at once, until they may have keys again.
}
access-off-title = Disable API access?
access-off-credentials = { $count ->
    [0] No API account or key is enabled now.
    [one] 1 enabled API account or key will be refused at once.
   *[other] { $count } enabled API accounts and keys will be refused at once.
}
access-off-used = The last use was
access-off-never-used = None was used so far.
access-off-later = Nothing is deleted. When you enable API access again, the same API accounts and keys work.

access-why = Why do I not see it?
access-why-nothing = Nothing is missing: the API can be used.
access-why-missing = { $count ->
    [one] 1 condition is missing.
   *[other] { $count } conditions are missing.
}
access-met = Yes
access-missing = Missing
access-user = The user is enabled.
access-user-missing = The user is disabled.
access-sign-in = Sign-in is not blocked.
access-sign-in-missing = Sign-in is blocked for a while after too many wrong passwords.
access-granted = The provider has granted API access to the account.
access-granted-missing = The provider has not granted API access to the account.
access-on = The account has switched API access on.
access-on-missing = The account has switched API access off.
access-role = The role may use the API.
access-role-missing = Members of this account may not have keys of their own.
access-created = There is an API account or a key.
access-created-missing = There is no API account or key.
access-secret = It has a secret.
access-secret-missing = Its secret was cleared.
access-enabled = It is enabled.
access-enabled-missing = It is disabled.
access-in-date = It has not expired.
access-in-date-missing = It has expired.
access-version = Its version of the API is in service.
access-version-missing = Its version of the API is not in service.
access-scopes = All of its rights are offered.
access-scopes-missing = It has no rights, or some that are not offered.
access-revealed = Its secret was shown to the recipient.
access-revealed-missing = Its secret has not been shown to the recipient yet.
access-unthrottled = It is not blocked after wrong passwords.
access-throttles-elsewhere = Each gate counts wrong passwords by itself, and this page does not see them. To list them, run this on the machine of a gate:
access-unthrottled-missing = It is blocked for a while after too many wrong passwords.
access-who-enables-user = { $owner } or the provider can enable the user.
access-who-asks = { $owner } can ask the provider for it.
access-who-decides = The request for it waits for the provider.
access-who-switches = { $owner } or { $implementer } can switch it on.
access-who-allows = { $owner } or { $implementer } can allow it.
access-who-creates = { $owner } or { $implementer } can create API accounts; each person can create a key of their own.
access-who-resets = { $owner } or { $implementer } can reset it; the person can switch their own key on again.
access-who-enables = { $owner } or { $implementer } can enable it.
access-who-extends = { $owner } or { $implementer } can extend it.
access-who-upgrades = { $owner } or { $implementer } can upgrade it.
access-who-edits = { $owner } or { $implementer } can change its rights.
access-who-sends = { $owner } or { $implementer } can send it again.
access-who-clears = It ends by itself; the provider can end it sooner.
access-link-account = Account
access-link-ask = Ask for API access
access-link-request = Show request
access-link-switches = Switches
access-link-create = New API account
access-link-credential = Details
access-link-own-key = My API key
access-link-user = Show user

done-access-asked = Your request was sent. You see the decision on this page.
done-access-request-withdrawn = The request is withdrawn.
done-access-on = API access is enabled.
done-access-off = API access is disabled. Every API account and key is refused.
done-access-members-allowed = Members may have keys of their own now.
done-access-members-not-allowed = Members may no longer have keys of their own. The keys that they have are refused.
