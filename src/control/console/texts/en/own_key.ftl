# The key of the person who is signed in.
