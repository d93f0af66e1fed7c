# Import and export of credentials.
