# Refusals, and the index of error codes.
error-not-found = Not found
error-not-found-lead = There is no page at this address, or none that you may see.
error-forbidden = Not allowed
error-forbidden-lead = Your role does not include this.
error-forbidden-roles = It is for: { $roles }.
error-too-many = Too many requests
error-too-many-lead = Too many requests came from you or from your network.
error-method = Not possible this way
error-method-lead = This address does not accept such a request.
error-too-large = Too large
error-too-large-lead = What you sent is too long. Nothing was changed.
error-reused = This form was used for something else
error-reused-lead = The form was sent before with other input. Reload the page and try again.
error-conflict = This is not possible now
error-conflict-lead = It conflicts with the current state. Nothing was changed.
error-unavailable = Try again in a moment
error-unavailable-lead = The service is busy or its database does not answer. Nothing was changed.
error-internal = Something went wrong
error-internal-lead = This is a fault of the service. Its log has the reason, under the number below.
error-malformed = The request cannot be read
error-malformed-lead = The form does not have the fields that this page expects. Nothing was changed.
error-retry = { $count ->
    [one] Try again in 1 second.
   *[other] Try again in { $count } seconds.
}
error-home = Overview
error-request-id = Request ID
error-signed-out = You are signed out
error-signed-out-lead = What you entered is not lost, passwords excepted. Sign in in a new tab, then come back and send it again.
error-signed-out-lead-again = Nothing was changed. Sign in in a new tab, then come back, reload the page and enter it again, with the file if there was one.
error-sign-in-tab = Sign in (new tab)
error-enter-again = Enter the password again
error-send-again = Send it again
error-done-already = This was done already
error-done-already-lead = The form was sent before, at { $time }. A secret that it created was shown then, and is not shown again.
error-go-on = Continue
error-index-title = Error codes
error-index-lead = Every refusal has one of these codes.
error-index-gate = In front of the API
error-index-api = Management API
error-index-code = Code
error-index-status = HTTP status
error-index-all = All codes
error-index-meaning = What it means
error-index-caller = What the caller does
error-index-operator = What the operator does
