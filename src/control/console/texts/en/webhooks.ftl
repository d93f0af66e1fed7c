# Where events of the account are sent.
webhooks-title = Webhooks
webhooks-lead = URLs of yours to which we send events as they happen.
webhooks-one = Webhook
webhooks-new = New webhook
webhooks-new-lead = A program of yours gets a signed request for each event. The next page shows the secret for the signatures once.
webhooks-create = Create webhook
webhooks-save = Save
webhooks-cancel = Cancel
webhooks-filter = Show
webhooks-clear = Clear all
webhooks-all = All
webhooks-nothing = No webhook matches.
webhooks-empty = No webhooks yet
webhooks-empty-lead = With a webhook, a program does not have to ask again and again what has changed: we send it each event.
webhooks-unreadable = { $count ->
    [one] 1 webhook cannot be read; the log of the service has the reason.
   *[other] { $count } webhooks cannot be read; the log of the service has the reasons.
}
webhooks-pages = Pages
webhooks-first = First page
webhooks-next = Next page

# Facts.
webhooks-facts = Details
webhooks-url = URL
    .hint = Where events are sent, such as https://hooks.example.org/claviger. It must be a public address.
webhooks-account = Account
webhooks-credential = API account
webhooks-credential-new = API account
    .hint = The webhook gets what this API account may see, and stops with it.
webhooks-entity = Entity
webhooks-operation = Operation
webhooks-event-choice = Event
webhooks-type = Type
webhooks-last-delivery = Last delivery
webhooks-last-success = Last success
webhooks-last-failure = Last failure
webhooks-never = never
webhooks-made = Created
webhooks-made-here = in this console or through the management API
webhooks-made-with-key = by a program, with the API key
webhooks-without-credential = A webhook belongs to an API account, and there is none yet.
webhooks-without-key = A webhook belongs to your API key, and you have none.

# States.
webhooks-state = Status
webhooks-state-active = On
webhooks-state-failing = Failing
webhooks-state-paused = Paused
webhooks-state-stopped = Stopped
webhooks-state-switched-off = Switched off
webhooks-on = On
webhooks-failing-since = Failing since { $time }
webhooks-paused = Paused
webhooks-switched-off = Switched off after failures
webhooks-switched-off-gone = Switched off: the receiver answered 410 (gone)
webhooks-stopped-access = Stopped: API access is off
webhooks-stopped-disabled = Stopped: its API account is disabled
webhooks-stopped-cleared = Stopped: its API key was cleared
webhooks-stopped-expired = Stopped: its API account has expired
webhooks-stopped-user = Stopped: its user is disabled
webhooks-stopped-members = Stopped: members may not have API keys
webhooks-will-be-switched-off = has been failing since { $since }, and will be switched off on { $end } unless one delivery succeeds before then.
webhooks-was-switched-off = was switched off on { $time } after days of failures.
webhooks-was-switched-off-gone = was switched off on { $time }, because the receiver answered 410 (gone).
webhooks-alerts-more = There are more.
webhooks-show = Show
webhooks-show-named = Show { $url }
webhooks-show-all = Show all
webhooks-pause = Pause
webhooks-pause-named = Pause { $url }
webhooks-play = Play
webhooks-play-named = Play { $url }

# Events.
webhooks-anything = anything
webhooks-every-event = Everything
webhooks-event = { $entity }: { $operation }
webhooks-entity-credential = API account
webhooks-entity-access-request = Request for access
webhooks-entity-account = Account
webhooks-entity-webhook = Webhook
webhooks-operation-created = created
webhooks-operation-updated = updated
webhooks-operation-edited = edited
webhooks-operation-upgraded = version changed
webhooks-operation-reset = secret replaced
webhooks-operation-revealed = secret shown
webhooks-operation-cleared = secret cleared
webhooks-operation-disabled = disabled
webhooks-operation-enabled = enabled
webhooks-operation-deleted = deleted
webhooks-operation-expiring = expires soon
webhooks-operation-expired = expired
webhooks-operation-asked = asked
webhooks-operation-approved = approved
webhooks-operation-declined = declined
webhooks-operation-granted = access granted
webhooks-operation-withdrawn = withdrawn
webhooks-operation-access-withdrawn = access withdrawn
webhooks-operation-switched-on = access switched on
webhooks-operation-switched-off = access switched off
webhooks-operation-test = test

# Faults; the label of the field stands before those in small letters.
webhooks-fault-event = must be chosen
webhooks-fault-credential = must be chosen
webhooks-fault-key = You have no API key
webhooks-fault-stops = Choose when the present secret stops
webhooks-fault-choose = must be chosen

# The secret.
webhooks-created = Your new webhook
webhooks-secret-made = Its new secret
webhooks-secret = Secret
webhooks-secret-once = Save it now, in a safe place: it is shown on this page once, and never again.
webhooks-verify = How to check a request
webhooks-verify-lead = Each request is signed with this secret. There are libraries for many languages:
webhooks-verify-hint = Body and headers are those of the request as it arrived. One with a wrong signature is not from us.
webhooks-saved = I have saved it
webhooks-copy = Copy
webhooks-copied = Copied
webhooks-secret-new = New secret
webhooks-secret-new-lead = The next page shows a new secret once. Requests are signed with it from then on.
webhooks-secret-two = Two secrets sign requests at present. The older of them stops now.
webhooks-secret-create = Create new secret
webhooks-secret-stops = The present secret
webhooks-secret-stops-day = also signs for 24 hours
webhooks-secret-stops-now = stops now
webhooks-previous-signs = The previous one also signs until { $time }.
webhooks-previous-end = End it now

# What can be done with one.
webhooks-edit = Edit webhook
webhooks-edit-short = Edit
webhooks-edit-lead = Deliveries that wait go to the new URL. The secret stays.
webhooks-delete = Delete webhook
webhooks-delete-short = Delete
webhooks-delete-lead = Nothing is sent to it any more, and its deliveries are deleted. It cannot be brought back.
webhooks-test = Send a test event
webhooks-test-result = Test event
webhooks-reload = Reload
webhooks-show-delivery = Show this delivery
webhooks-replay = Send again
webhooks-replay-short = Replay
webhooks-replay-lead = Deliveries are sent once more, the oldest first and at most five a second. The receiver knows each by its webhook-id, which stays the same.
webhooks-replay-what = Which
webhooks-replay-both = Failed and missed ones
webhooks-replay-failed = Failed ones
webhooks-replay-missed = Missed ones
webhooks-replay-since = Since
webhooks-replay-hour = The last hour
webhooks-replay-day = The last 24 hours
webhooks-replay-week = The last 7 days
webhooks-replay-month = The last 30 days
webhooks-replay-missed-count = { $count ->
    [0] None was missed
    [one] 1 was missed
   *[other] { $count } were missed
}
webhooks-replay-start = Send again
webhooks-replays = A replay is under way.
webhooks-replay-stop = Stop replay
webhooks-missed = { $count ->
    [one] 1 event was missed in the last 30 days, because the webhook was stopped or too many deliveries waited.
   *[other] { $count } events were missed in the last 30 days, because the webhook was stopped or too many deliveries waited.
}
webhooks-replay-missed-link = Replay missed events
webhooks-replay-one = Replay

# Deliveries.
webhooks-deliveries = Deliveries
webhooks-no-deliveries = No deliveries.
webhooks-unreadable-deliveries = { $count ->
    [one] 1 delivery cannot be read; the log of the service has the reason.
   *[other] { $count } deliveries cannot be read; the log of the service has the reasons.
}
webhooks-newest = Newest
webhooks-older = Older
webhooks-is-test = (test)
webhooks-result-delivered = Delivered
webhooks-result-failed = Failed
webhooks-result-waiting = Waiting
webhooks-result-sending = Being sent
webhooks-result-replay = Waits for its replay
webhooks-result-skipped = Missed
webhooks-result-dropped = Dropped
webhooks-why-not-allowed = Its API account may not have this event any more.
webhooks-why-too-many = Too many were waiting.
webhooks-why-unreadable = It cannot be read; the log of the service has the reason.
webhooks-next-attempt = Next attempt: { $time }
webhooks-delivery-of = Delivery of { $event }
webhooks-attempts = Attempts
webhooks-no-attempts = None yet.
webhooks-attempt = Attempt { $number }
webhooks-answered = answered { $status }
webhooks-answer-of = Answer to attempt { $number }
webhooks-request = Request
webhooks-headers = Headers
webhooks-body = Body
webhooks-timestamp-of-attempt = seconds, of each attempt
webhooks-signature-of-attempt = of each attempt
webhooks-body-gone = Its body is not kept any more.
webhooks-body-hidden = Only the account sees the body.
webhooks-error-redirect = It answered with a redirect, and redirects are not followed.
webhooks-error-address = Its host name leads to an address that is not public.
webhooks-error-name = Its host name was not found.
webhooks-error-connection = It could not be reached.
webhooks-error-tls = The connection could not be encrypted in a way that we trust.
webhooks-error-time = It did not answer in time.
webhooks-error-status = It answered { $status }.
webhooks-error-not-allowed = The settings of the service do not allow this URL any more.

# Where a credential is shown.
webhooks-of-user = User’s webhooks
webhooks-of-none = It has no webhooks.
webhooks-count = { $count ->
    [0] none
    [one] 1 webhook
   *[other] { $count } webhooks
}
webhooks-go-with-it = { $count ->
    [one] 1 webhook goes with it.
   *[other] { $count } webhooks go with it.
}
webhooks-stop-with-it = { $count ->
    [one] This webhook stops:
   *[other] These webhooks stop:
}
webhooks-stop-count = { $count ->
    [one] 1 webhook stops.
   *[other] { $count } webhooks stop.
}

done-webhook-paused = { $subject } is paused.
done-webhook-playing = { $subject } is on.
done-webhook-edited = { $subject } is saved.
done-webhook-deleted = { $subject } is deleted.
done-webhook-overlap = The previous secret of { $subject } has stopped.
done-webhook-tested = A test event is on its way.
done-webhook-replayed = Deliveries that are sent again: { $subject }
done-webhook-nothing-to-replay = There was nothing to send again.
done-webhook-replay-stopped = The replay has stopped. Not sent: { $subject }
done-webhook-delivery-replayed = The delivery is sent once more.
