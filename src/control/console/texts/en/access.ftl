# API access of an account: the request for it, its switches, and what is missing.
