"""Regular expressions that are compiled when they are first used: most of the hundreds of a run never are."""

import re
from typing import Any, cast


class _Pattern:
    """Stands for a `re.Pattern`, and has its methods once one of them was asked for."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, value)
        return value


def regex[Text: (str, bytes)](source: Text, flags: int = 0) -> "re.Pattern[Text]":
    """Return the regular expression *source*, not compiled yet; for constants of modules."""
    return cast("re.Pattern[Text]", _Pattern(source, flags))
