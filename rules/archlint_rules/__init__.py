"""The rules that come with archlint, a plugin: a folder per category, a file per rule."""

from typing import Any

from archlint.api import Rule, hook, rules_in
from archlint_rules.profiles import PROFILES


@hook
def archlint_rules() -> list[Rule]:
    """Return every rule of this package."""
    return rules_in(__name__)


@hook
def archlint_profiles() -> dict[str, dict[str, Any]]:
    """Return the profiles that follow published guidelines."""
    return PROFILES
