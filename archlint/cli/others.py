"""Facts of other repositories."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from archlint.engine.locate import locations_in
from archlint.errors import UsageError
from archlint.model.facts import Fact, LinkFact, RouteFact, WorkloadFact
from archlint.source.files import MOST_BYTES

_COMPOSE = "compose:"


def facts_of_others(names: Iterable[str]) -> tuple[Fact, ...]:
    """Return the facts in the files and folders *names*; their places become those of `@NAME/…`, NAME being the file's without ending.

    Raise `UsageError` for what is not there, and for a file that `archlint facts` did not print.
    """
    return tuple(fact for name in names for path in _files(name) for fact in _read(path))


def _files(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        return sorted(found for found in path.glob("*.json") if found.is_file())
    if not path.is_file():
        raise UsageError(f"`{name}` does not exist")
    return [path]


def _read(path: Path) -> list[Fact]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"`{path}` is too large")
        facts: list[Fact] = msgspec.json.decode(path.read_bytes(), type=list[Fact])
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}") from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UsageError(f"`{path}` holds no facts: {str(error).splitlines()[0].lower()}") from None
    prefix = f"@{path.stem}/"
    places = {id(location): location for location in locations_in(facts)}
    for location in places.values():
        location.path = prefix + location.path
    for fact in facts:
        _move(fact, prefix)
    return facts


def _move(fact: Fact, prefix: str) -> None:
    """Put *prefix* before the paths that *fact* uses as names, so that they do not mean files of this repository."""
    for part in (fact, *(fact.backends if isinstance(fact, RouteFact) else ())):
        scope = getattr(part, "scope", "")
        if scope.startswith(_COMPOSE):
            msgspec.structs.force_setattr(part, "scope", _COMPOSE + prefix + scope.removeprefix(_COMPOSE))
    if isinstance(fact, LinkFact) and "://" not in fact.target:
        fact.target = prefix + fact.target
        if fact.kind == "deployment":
            fact.source = prefix + fact.source
    if isinstance(fact, WorkloadFact) and "chart" in fact.extra:
        fact.extra["chart"] = f"{prefix}{fact.extra['chart']}"
