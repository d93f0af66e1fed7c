# The audit.
