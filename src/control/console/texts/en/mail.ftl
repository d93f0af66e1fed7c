# Mails and text messages. A subject is one line; a text message has letters of every phone (GSM-7).
mail-reveal-subject = { $brand }: your API access for { $account }
mail-reveal-what = { $person } asked us to give you access to the API of { $brand } for { $account }. It is for: { $name }.
mail-reveal-what-unnamed = { $person } asked us to give you access to the API of { $brand } for { $account }.
mail-reveal-link = This link works until { $until } and shows your credentials once:
mail-reveal-code = You will need the code that we text to the number ending in { $ending }.
mail-old-key-stopped = The previous secret does not work any more.
mail-old-key-until = The previous secret works until { $moment }.
mail-old-key-until-shown = The present secret stops as soon as the new one is shown.
mail-old-key-after-shown = { $count ->
    [one] The present secret stops an hour after the new one is shown.
   *[other] The present secret stops { $count } hours after the new one is shown.
}
mail-old-key-minutes-after-shown = { $count ->
    [one] The present secret stops a minute after the new one is shown.
   *[other] The present secret stops { $count } minutes after the new one is shown.
}
mail-reveal-never = We never send a secret by e-mail.
mail-unexpected = You do not expect this? Tell { $support }.
mail-unexpected-ignore = You do not expect this? Then you need not do anything.
mail-sms-code = { $brand }: code { $code }, valid 10 min (message { $number }).
mail-sms-test = { $brand }: this is a test message. Text messages arrive.

mail-invitation-subject = { $brand }: choose your password
mail-invitation-body = { $person } has made you a user of { $brand }. This link works until { $until }; with it you choose your password:
mail-lost-password-subject = { $brand }: choose a new password
mail-lost-password-body = A new password was asked for, for your address. This link works until { $until }; with it you choose one. Your present password stays until then:
mail-asked-subject = { $brand }: { $account } asks for API access
mail-asked-body = { $person } asks for API access for { $account }. Decide here:
mail-approved-subject = { $brand }: API access for { $account } is approved
mail-approved-body = { $account } may use the API now. Create credentials here:
mail-declined-subject = { $brand }: API access for { $account } is declined
mail-declined-body = The request of { $account } for API access was declined.
mail-declined-reason = The reason: { $reason }
mail-request-withdrawn-subject = { $brand }: { $account } has withdrawn its request
mail-request-withdrawn-body = { $person } has withdrawn the request of { $account } for API access. Nothing is left to decide.
mail-withdrawn-subject = { $brand }: API access for { $account } is withdrawn
mail-withdrawn-body = { $person } has withdrawn API access from { $account }. Its credentials are refused until access is granted again.
mail-shown-subject = { $brand }: the secret of { $name } was shown
mail-shown-body = The secret of { $name } for { $account } was shown at { $moment } to the address { $address }. If that was not the right person, reset it at once:
mail-reset-subject = { $brand }: the secret of { $name } was replaced
mail-reset-body = { $person } has replaced the secret of { $name } for { $account }.
mail-reset-sent-body = { $person } has reset the secret of { $name } for { $account }. The contact gets a link to the new one.
mail-contact-changed-subject = { $brand }: you are no longer the contact of { $name }
mail-contact-changed-body = { $person } has changed the contact of { $name } for { $account }. Links and codes for it go to another person from now on.
mail-expiring-subject = { $brand }: { $name } expires at { $moment }
mail-expiring-body = The credential { $name } for { $account } expires at { $moment }. From then on its requests are refused, unless it is extended before:
mail-expired-subject = { $brand }: { $name } has expired
mail-expired-body = The credential { $name } for { $account } expired at { $moment }. Its requests are refused. Extend it here:
mail-webhook-failing-subject = { $brand }: a webhook of { $name } is failing
mail-webhook-failing-body = Deliveries to a webhook of { $name } for { $account } are failing. It is switched off at { $moment } unless one succeeds before then. See what its server answers:
mail-webhook-stopped-subject = { $brand }: a webhook of { $name } is switched off
mail-webhook-stopped-body = Deliveries to a webhook of { $name } for { $account } have been failing for five days, so it is switched off: no further events are sent to it. Switch it on again here:
mail-webhook-gone-body = The server of a webhook of { $name } for { $account } has answered that it no longer takes events (410), so the webhook is switched off. If that is wrong, switch it on again here:
mail-webhooks-halted-subject = { $brand }: the webhooks of { $name } have stopped
mail-webhooks-halted-body = { $name } for { $account } cannot be used at present, so no events are sent to its webhooks. Once it works again, what they have missed can be sent from here:
mail-account-webhooks-halted-subject = { $brand }: webhooks of { $account } have stopped
mail-account-webhooks-halted-body = { $person } has changed what { $account } may do with the API, so no events are sent to some of its webhooks. Once that is allowed again, what they have missed can be sent. This page shows which have stopped:
mail-test-subject = { $brand }: a test
mail-test-body = Mails arrive. An operator of { $brand } has sent this one to try the settings out.
