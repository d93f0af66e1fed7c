# The first page.
overview-title = Overview
overview-staff = You see all accounts.
overview-not-granted = API access has not been granted to your account yet.
overview-off = API access is granted, and switched off. Every API account and key is refused.
overview-on = API access is on.
overview-requests = Access requests
overview-waiting = { $count ->
    [one] 1 access request is waiting.
   *[other] { $count } access requests are waiting.
}
overview-none-wait = No requests are waiting.
overview-to-requests = Show requests
overview-to-accounts = Show accounts
overview-ask = Ask for API access
overview-ask-lead = With API access, programs can work with the data of your account. The provider grants it on request.
overview-ask-again = Ask again
overview-declined = The last request was declined: { $reason }
overview-asked = Your request is waiting
overview-asked-lead = The provider has not decided about it yet.
overview-to-request = Show request
overview-next = The next step
overview-why = Why do I not see it?
overview-ready = You can use the API
overview-ready-lead = Nothing is missing.
overview-to-access = API access
overview-credentials = API accounts
overview-enabled = { $count } enabled
overview-disabled = { $count } disabled
overview-expired = { $count } expired
overview-expiring = Expiring within 14 days
overview-own-key = My API key
overview-used = Last used
overview-to-own-key = Show my API key
