# The links that claviger demo prints.
demo-title = Look around
demo-lead = You will be signed in as { $email } ({ $role }). The link works once.
demo-button = Sign in
demo-mailbox-title = Messages of this demo
demo-mailbox-lead = A demo sends nothing. Here is what would have been sent, the newest first.
demo-mailbox-empty = Nothing yet. Create a user, or a credential that is sent.
demo-mailbox-text = Text message
