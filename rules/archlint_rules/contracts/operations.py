"""Finding the operation of a contract that a request is for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from archlint.api import ApiFact, OperationFact, regex

_PARAMETER = regex(r"\{[^{}]*\}")
_MOST_PREFIXES = 2
_MOST_TRIED = 200
_MOST_PARAMETERS = 4


@dataclass(slots=True)
class _Step:
    """A place in the tree of path templates."""

    plain: "dict[str, _Step]" = field(default_factory=dict)
    patterns: "list[tuple[re.Pattern[str], str, _Step]]" = field(default_factory=list)
    operations: dict[str, OperationFact] = field(default_factory=dict)

    def below(self, segment: str) -> "_Step":
        """Return the place below for a *segment* of a template, made when it is not there."""
        if "{" not in segment:
            return self.plain.setdefault(segment, _Step())
        text = _PARAMETER.sub("{}", segment)
        known = next((step for _, other, step in self.patterns if other == text), None)
        if known is not None:
            return known
        made = _Step()
        parts = text.split("{}")
        many = len(parts) > _MOST_PARAMETERS
        pattern = re.compile(".+" if many else ".+?".join(map(re.escape, parts)))
        self.patterns.append((pattern, text, made))
        self.patterns.sort(key=lambda entry: -len(entry[1]))
        return made


class Operations:
    """The operations of an API by method and path, the most specific template first."""

    def __init__(self, api: ApiFact) -> None:
        self.api = api
        self._root = _Step()
        self._bases = sorted({_base(url) for url in api.servers} | {""}, key=len, reverse=True)
        for operation in api.operations:
            if operation.method and operation.path:
                step = self._root
                for segment in _segments(operation.path):
                    step = step.below(segment)
                step.operations.setdefault(operation.method, operation)

    def at(self, path: str) -> dict[str, OperationFact]:
        """Return the operations at *path* by method: below a server's path, below none, or behind a gateway's prefix."""
        for base in self._bases:
            if path == base or path.startswith(f"{base}/"):
                found = self._find(_segments(path[len(base) :]))
                if found:
                    return found
        segments = _segments(path)
        for count in range(1, min(_MOST_PREFIXES, len(segments) - 1) + 1):
            found = self._find(segments[count:])
            if found:
                return found
        return {}

    def _find(self, segments: list[str]) -> dict[str, OperationFact]:
        pending: list[tuple[int, _Step]] = [(0, self._root)]
        for _ in range(_MOST_TRIED):
            if not pending:
                break
            index, step = pending.pop()
            if index == len(segments):
                if step.operations:
                    return step.operations
                continue
            pending.extend(
                (index + 1, below)
                for pattern, _, below in reversed(step.patterns)
                if pattern.fullmatch(segments[index])
            )
            if segments[index] in step.plain:
                pending.append((index + 1, step.plain[segments[index]]))
        return {}


def of_method(operations: dict[str, OperationFact], method: str) -> OperationFact | None:
    """Return the operation for *method*; `HEAD` is part of `GET`."""
    return operations.get(method) or (operations.get("GET") if method == "HEAD" else None)


def indexed(apis: Iterable[ApiFact]) -> Iterator[Operations]:
    """Yield the operations of each of *apis* that describes HTTP."""
    for api in apis:
        if api.format == "openapi" and api.operations:
            yield Operations(api)


def _base(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
