"""A plugin that breaks the contracts of hooks in every way there is."""

from archlint.api import hook


@hook
def archlint_formats() -> None:
    """Fail."""
    raise LookupError("no formats today")


@hook
def archlint_profiles() -> dict[str, dict[str, str]]:
    """Return a profile under a name that is taken."""
    return {"strict": {}}
