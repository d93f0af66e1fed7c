# Tokens of scripts.
