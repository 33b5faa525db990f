"""archlint, the linter for backend architecture."""

__version__ = "0.1.0"
