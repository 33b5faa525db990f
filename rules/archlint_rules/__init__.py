"""The rules that come with archlint, a plugin: a folder per category, a file per rule."""

from archlint.api import Rule, hook, rules_in


@hook
def archlint_rules() -> list[Rule]:
    """Return every rule of this package."""
    return rules_in(__name__)
