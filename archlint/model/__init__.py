"""Facts, the service graph and the resolution of identities."""
