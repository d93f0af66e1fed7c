# The queue of access requests, for staff.
