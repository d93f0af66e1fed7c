# The words of a product for churches: Account Details > Integrations, with an API username and password.

# Menu and first page.
layout-section-api = Account Details
layout-section-account = Administration
layout-section-provider = Support team
overview-not-granted = The Integrations/API feature is not granted to your account yet.
overview-off = The Integrations/API feature is granted. API access is not enabled, so the API refuses all credentials.
overview-on = API access is enabled.
overview-ask = Request the Integrations/API feature
overview-ask-lead = With it, an integrator or a third-party application can work with the data of your church. Our support team enables the feature on request.
overview-asked-lead = Our support team has not decided about it yet.
overview-why = Troubleshooting
overview-to-access = Integrations
overview-credentials = API credentials

# Integrations.
access-title = Integrations
access-lead-not-granted = The Integrations/API feature is not granted to your account yet.
access-lead-off = The Integrations/API feature is granted. Enable API access, then set up the API username and password for your integrator.
access-lead-on = API access is enabled. The API username and password are what you share with the integrator or third-party application.
access-ask = Request the Integrations/API feature
access-ask-lead = Our support team enables the feature for your account. When it is enabled, refresh this page; there is no need to log out and in again.
access-ask-button = Send request
access-uses = What do you need the integration for?
access-uses-unfit = Choose what you need the integration for, or describe it
access-policy = Publicly listed privacy policy
    .hint = Some integrations, for example with single sign-on, require one. Optional, such as https://example.org/privacy
access-switches = API access
access-off-credentials = { $count ->
    [0] No API username and password is enabled now.
    [one] 1 API username and password will be refused at once.
   *[other] { $count } API usernames and passwords will be refused at once.
}
access-off-later = Nothing is deleted. When you enable API access again, the same API usernames and passwords work.
access-members = Personal keys of users
    .hint = Users without an admin role may have a key of their own. While this is not allowed, the keys that they have are refused.
access-why = Troubleshooting
access-granted = Our support team has granted the Integrations/API feature to your account.
access-granted-missing = The Integrations/API feature is not granted to your account.
access-on = API access is enabled.
access-on-missing = API access is not enabled.
access-role = Your role may use the API.
access-role-missing = Users without an admin role may not have keys of their own.
access-created = An API username and password were created.
access-created-missing = No API username and password were created.
access-secret = The password is set.
access-secret-missing = The password was cleared.
access-revealed = The password was provided to the integrator.
access-revealed-missing = The password has not been provided to the integrator yet.
access-who-enables-user = { $owner } or our support team can enable the user.
access-who-asks = { $owner } can request the feature from our support team.
access-who-decides = The request for it waits for our support team.
access-who-switches = { $owner } or { $implementer } can enable it under Integrations.
access-who-creates = { $owner } or { $implementer } creates them for the integrator.
access-who-resets = { $owner } or { $implementer } can set a new password.
access-who-clears = It ends by itself; our support team can end it sooner.
access-link-ask = Request the feature
access-link-create = Set up username and password
access-link-credential = Show API credentials
done-access-asked = Your request was sent to our support team. You see the decision on this page.
done-access-off = API access is disabled. All API usernames and passwords are refused.

# API credentials: a user name and a password for an integrator.
credentials-title = API credentials
credentials-lead = What integrators and third-party applications sign in to the API with: an API username and a password.
credentials-new = New API credentials
credentials-new-lead = You share them with the integrator or third-party application.
credentials-create = Create API credentials
credentials-account-off = API access is not enabled. All API credentials are refused.
credentials-account-off-link = Integrations
credentials-empty = No API credentials yet
credentials-empty-lead = Create an API username and password for your integrator.
credentials-unreadable = { $count ->
    [one] API credentials that cannot be read: 1. The log of the service has the reason.
   *[other] API credentials that cannot be read: { $count }. The log of the service has the reason.
}
credentials-kind-password = API username and password
credentials-kind-password-hint = What most integrators need.
credentials-kind-token-hint = For programs that take only a password: it is the password, and the user name stays empty.
credentials-fact-overlap = Old password ends
credentials-fact-secret-made = Password set
credentials-verb-reset = New password
credentials-verb-clear = Password cleared
credentials-refused-cleared = The password was cleared.
credentials-who = Integrator
credentials-how = How the password gets to the integrator
credentials-how-lead = A generated password is shown on the next page, once. Share it in a way that others cannot read.
credentials-name =
    .hint = For example the name of the integrator or application.
credentials-username = API username
    .hint = For the kind “API username and password”. Without a colon.
credentials-password = API password
    .hint = At least 8 characters. If you leave it empty, one is generated.
credentials-contact-email =
    .hint = A person at the integrator.
credentials-active = These API credentials are active
credentials-fault-choose-stop = Choose when the old password stops
credentials-id-taken = Other API credentials have this id
credentials-username-taken = Other API credentials have this username
credentials-fault-confirm = must be the id of these API credentials
credentials-created = { $name }: username and password were created
credentials-was-reset = { $name } has a new password
credentials-secret-once = Save it in a secure location now: it can only be viewed once and cannot be recovered.
credentials-secret-chosen = Save the password that you have chosen in a secure location. A password can only be viewed once and cannot be recovered; one that you choose yourself is not shown here.
credentials-secret-lost = Lost, or seen by others? Set a new password for { $name }; the old one stops.
credentials-edit-lead = Details and rights. The password stays as it is.
credentials-reset = Set a new password
credentials-reset-password = Set a new password
credentials-reset-title = Set a new password for { $name }?
credentials-reset-title-password = Set a new password for { $name }?
credentials-reset-lead = A new password can be set at any time. If it is generated, the next page shows it once. Rights and settings stay.
credentials-will-break = Any previous integrations will break when the old password stops, until the new one is provided to the integrator or third-party application.
credentials-old-stops = The old password stops
credentials-no-old-secret = There is no password at present.
credentials-end-stays = It still expires on { $date }: a new password does not prolong it.
credentials-overlap = Two passwords
credentials-overlap-lead = The old password is accepted beside the new one. It ends
credentials-duplicate-lead = Second API credentials with the same rights and settings, and a password of their own.
credentials-disable-lead = The API refuses them until they are enabled again. The password stays.
credentials-enable-lead = They work again with the same password.
credentials-clear = Clear
credentials-clear-title = Clear { $name }?
credentials-clear-lead = The password is deleted, and the API refuses these credentials. To use them again, set a new password.
credentials-delete-lead = They are deleted for good, and the API refuses them. This cannot be undone.
done-credential-cleared = { $subject } is cleared. The API refuses it.
done-credential-overlap = The old password of { $subject } has stopped.

# People.
users-role-owner = Everything in the account: Integrations, API credentials, users, audit
users-role-implementer = API credentials and keys of the account
users-account-new =
    .hint = The id of the account; empty for people of the support team
users-role-staff = Works for the support team: all accounts, and no account of their own

# For the support team.
requests-lead = Churches request the Integrations/API feature here. With an approval, an account has it at once.
requests-policy = Publicly listed privacy policy
requests-approve-lead = The account has the Integrations/API feature at once.
accounts-lead = The churches. An account sees its API pages once the Integrations/API feature is granted to it.
accounts-access = Integrations/API
accounts-grant-state = Granted by our support team
accounts-switch = Enabled by the account
accounts-grant = Grant Integrations/API
accounts-withdraw = Withdraw Integrations/API
accounts-withdraw-title = Withdraw Integrations/API of { $name }?
accounts-withdraw-later = Nothing is deleted. When it is granted again, the same API usernames and passwords work.
accounts-credentials = API credentials
accounts-credentials-cleared = Without a password
accounts-credentials-list = Show API credentials
done-account-granted = { $subject } has the Integrations/API feature now.
done-account-withdrawn = { $subject } does not have the Integrations/API feature any more.
done-requests-approved = Approved: { $subject }. The Integrations/API feature is granted.
