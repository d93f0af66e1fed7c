# The page behind a link to a secret.
reveal-title = Your API access
reveal-lead = { $account } gives you access to its API.
reveal-code-sent = We sent a code to the number ending in { $end } on { $time }.
reveal-code-works = { $count ->
    [one] It works for 1 more minute.
   *[other] It works for { $count } more minutes.
}
reveal-code-coming = A code is on its way to the number ending in { $end }. That can take a minute.
reveal-code-delayed = The code for the number ending in { $end } could not be sent yet. We try again on { $time }.
reveal-code-failed = The code for the number ending in { $end } could not be sent.
reveal-code-none = We send a code to the number ending in { $end }. With it, this page shows your credentials once.
reveal-code = Code
    .hint = The 8 digits of the text message
reveal-show = Show my credentials
reveal-send = Send me a code
reveal-send-new = Send a new code
reveal-send-pause = A new code is sent two minutes after the last one at the earliest.
reveal-send-at = A new code is possible on { $time }.
reveal-send-never = This link has had all of its codes. Ask { $account } for a new link.
reveal-ends = This link works until { $time } and shows your credentials once.
reveal-tries = { $count ->
    [one] 1 try is left.
   *[other] { $count } tries are left.
}
reveal-wrong = That code is not right. { $count ->
    [one] 1 try is left.
   *[other] { $count } tries are left.
}
reveal-code-form = must be the 8 digits of the text message
reveal-code-old = That code does not work any more. Use the newest one, or ask for a new one.
reveal-texts-used-up = No more codes can be sent to this number now. The next is possible on { $time }.
reveal-off = This does not work at the moment
reveal-off-access = API access is switched off for { $account }.
reveal-off-disabled = This API account is disabled.
reveal-off-expired = This API account has expired.
reveal-off-lead = Nothing is lost: the link works again once that has changed, until { $time }. Ask { $account }.
reveal-shown = Your credentials were shown already
reveal-shown-lead = Your credentials were shown on { $time }, and cannot be shown again.
reveal-shown-lead-from = Your credentials were shown on { $time } to { $address }, and cannot be shown again.
reveal-shown-not-you = If that was not you, tell { $account } at once.
reveal-shown-lost = If you have lost them, ask { $account } to reset them.
reveal-locked = This link is locked
reveal-locked-lead = There were five wrong codes. Ask { $account } for a new link.
reveal-expired = This link has run out
reveal-expired-lead = It worked until { $time }. Ask { $account } for a new link.
reveal-superseded = This link does not work any more
reveal-resent-lead = It was replaced by a newer link: look for the mail of { $time }.
reveal-resent-lead-none = It was replaced by a newer link: look for a newer mail.
reveal-cleared-lead = Your credentials were removed by { $account }.
reveal-reset-lead = Your credentials were replaced since. Ask { $account }.
reveal-contact-lead = Another person at your company is the contact now.
reveal-voided-lead = It was stopped by { $account }.
reveal-worthless = This link does not work
reveal-worthless-lead = It is not complete, or does not exist. Open the link in the mail once more, or copy all of it.
reveal-support = You can also ask { $support }.
reveal-done = Your credentials
