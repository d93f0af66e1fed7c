# API access of an account.
access-title = API access
access-lead-not-granted = API access has not been granted to your account yet.
access-lead-off = API access is granted, and switched off. Every credential of the account is refused.
access-lead-on = API access is granted and switched on.
access-docs = API documentation
access-cancel = Cancel

access-request = Your request
access-request-open = Show request
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
    .hint = Members may have a key of their own. While this is not allowed, the keys that they have are refused.
access-members-allowed = Allowed
access-members-not-allowed = Not allowed
access-members-unfit = Choose Allowed or Not allowed
access-members-save = Save
access-off-title = Disable API access?
access-off-credentials = { $count ->
    [0] No credential is enabled now.
    [one] 1 enabled credential will be refused at once.
   *[other] { $count } enabled credentials will be refused at once.
}
access-off-used = The last use was
access-off-never-used = None was used so far.
access-off-later = Nothing is deleted. When you enable API access again, the same credentials work.

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
access-sign-in = Sign-in refuses the password nowhere for wrong ones.
access-sign-in-missing = Sign-in refuses the right password for a while, after too many wrong ones.
access-granted = The provider has granted API access to the account.
access-granted-missing = The provider has not granted API access to the account.
access-on = The account has switched API access on.
access-on-missing = The account has switched API access off.
access-role = The role may use the API.
access-role-missing = Members of this account may not have keys of their own.
access-created = A credential exists.
access-created-missing = No credential exists.
access-secret = It has a secret.
access-secret-missing = Its secret was cleared.
access-enabled = It is enabled.
access-enabled-missing = It is disabled.
access-in-date = It has not expired.
access-in-date-missing = It has expired.
access-version = Its version of the API is in service.
access-version-missing = Its version of the API is not in service.
access-scopes = Its rights are in the settings of the service.
access-scopes-missing = It has no rights, or some that are not in the settings of the service.
access-revealed = Its secret was shown to the recipient.
access-revealed-missing = Its secret has not been shown to the recipient yet.
access-unthrottled = The gate refuses it nowhere for wrong passwords.
access-unthrottled-missing = The gate refuses it for a while, after too many wrong passwords.
access-who-enables-user = { $owner } or the provider can enable the user.
access-who-asks = { $owner } can ask the provider for it.
access-who-decides = The request for it waits for the provider.
access-who-switches = { $owner } or { $implementer } can switch it on.
access-who-allows = { $owner } or { $implementer } can allow it.
access-who-creates = { $owner } or { $implementer } creates credentials of the account; each person creates an own key.
access-who-resets = { $owner } or { $implementer } can reset it; the person can switch on an own key again.
access-who-enables = { $owner } or { $implementer } can enable it.
access-who-extends = { $owner } or { $implementer } can extend it.
access-who-upgrades = { $owner } or { $implementer } can upgrade it.
access-who-edits = { $owner } or { $implementer } can change its rights.
access-who-sends = { $owner } or { $implementer } can send it again.
access-who-clears = It ends by itself; the provider can end it sooner.
access-link-account = To the account
access-link-ask = Ask for API access
access-link-request = Show the request
access-link-switches = To the switches
access-link-create = New credential
access-link-credential = Show credential
access-link-own-key = To my key

done-access-asked = Your request was sent. You see the decision on this page.
done-access-request-withdrawn = The request is withdrawn.
done-access-on = API access is enabled.
done-access-off = API access is disabled. Every credential of the account is refused.
done-access-members-allowed = Members may have keys of their own now.
done-access-members-not-allowed = Members may not have keys of their own now. The keys that they have are refused.
