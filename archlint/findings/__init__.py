"""Severities, problems, findings and reports."""
