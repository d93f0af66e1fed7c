# Set-up links.
setup-title = Choose your password
setup-lead = For { $email }.
setup-lead-first = You are the first: the link creates the user of the provider who sets up everything else.
setup-ticket = The part of your link behind the #
    .hint = 43 letters, digits, hyphens and underscores
setup-continue = Continue
setup-email = Your e-mail address
    .hint = You sign in with it
setup-name = Your name
    .hint = May be left empty
setup-password = New password
    .hint = At least 8 characters. A few random words are good.
setup-password-again = New password, again
setup-button = Set password
setup-worthless = This link does not work
setup-worthless-lead = It was used, has run out, or was replaced by a newer one.
done-password-set = Your password is set. Sign in with it.
