# Everyone with a key of their own, and their webhooks.
