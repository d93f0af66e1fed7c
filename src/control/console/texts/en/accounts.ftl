# Accounts, for staff.
