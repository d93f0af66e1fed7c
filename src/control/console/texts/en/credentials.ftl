# Credentials of an account.
