"""What a rule is, how rules are found and documented."""
