"""Rules about what is decided on paper: requirements, objectives, decisions, and whether they agree."""
