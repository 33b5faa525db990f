"""Who may do what: authentication, authorization, identities."""
