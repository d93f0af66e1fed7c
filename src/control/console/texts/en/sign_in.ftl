# Signing in and out, lost passwords.
sign-in-title = Sign in
sign-in-heading = Sign in to { $name }
sign-in-email = E-mail address
sign-in-password = Password
sign-in-button = Sign in
sign-in-wrong = E-mail address or password is wrong.
sign-in-too-many = { $count ->
    [one] Too many attempts. Try again in 1 second.
   *[other] Too many attempts. Try again in { $count } seconds.
}
sign-in-forgot = Lost your password?
sign-in-forgot-title = Lost your password
sign-in-forgot-who = Ask the person who manages the users of your account for a new set-up link. With it you choose a new password; the old one stops then.
sign-in-forgot-staff = Staff of the provider ask a colleague, or the operator of this service.
sign-in-forgot-mail = Enter the e-mail address with which you sign in. If a user has it, a mail brings a link with which you choose a new password.
sign-in-forgot-button = Send the link
done-lost-password = If a user has this address, a mail with a link is on its way. It works for an hour.
sign-in-back = Back to signing in
done-signed-out = You are signed out.
