# The links that claviger demo prints.
demo-title = Look around
demo-lead = You will be signed in as { $email } ({ $role }). The link works once.
demo-button = Sign in
