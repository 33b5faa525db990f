"""Channels, messages, brokers, and what happens when delivery fails."""
