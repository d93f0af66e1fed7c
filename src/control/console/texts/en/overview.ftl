# The first page.
overview-title = Overview
overview-staff = You see all accounts.
overview-not-granted = API access has not been granted to your account yet.
overview-off = API access is granted, and switched off. Every credential is refused.
overview-on = API access is on.
overview-waiting = { $count ->
    [one] 1 access request is waiting.
   *[other] { $count } access requests are waiting.
}
