# The state of this process, for staff.
