# Users of an account.
