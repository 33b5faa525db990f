"""Secrets, exposure and limits."""
