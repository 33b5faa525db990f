"""Applications on Quarkus and Micronaut, whose configuration stands in files of the same names as Spring's."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from archlint.api import DependencyFact, Document, Setting

if TYPE_CHECKING:
    from archlint.formats.spring.config import SpringConfig

_FRAMEWORKS = ("quarkus", "micronaut")
_CLIENTS = "micronaut.http.services"
_BY_NAME = 0.75


def framework_of(document: Document) -> str:
    """Return `quarkus` or `micronaut` where the keys of *document*, or of another of the same file, say so; else an empty string."""
    roots = _roots(document.data)
    own = next((name for name in _FRAMEWORKS if name in roots), "")
    if own or "spring" in roots or document.resolver is None:
        return own
    documents = document.resolver.documents(document.path)
    found = {name for other in documents for name in _FRAMEWORKS if name in _roots(other.data)}
    return found.pop() if len(found) == 1 else ""


def by_profile(settings: Iterable[Setting], profile: str) -> Iterator[tuple[str, list[Setting]]]:
    """Yield profiles with what holds for each: Quarkus writes them before keys (`%prod.quarkus.http.port`), others are of *profile*."""
    found: dict[str, list[Setting]] = defaultdict(list)
    for setting in settings:
        before, dot, key = setting.key.partition(".")
        if before.startswith("%") and dot:
            found[before.strip("%{}\"'")].append(replace(setting, key=key))
        else:
            found[profile].append(setting)
    yield from found.items()


def micronaut_calls(config: "SpringConfig") -> Iterator[DependencyFact]:
    """Yield whom the HTTP clients call by name; one with addresses of its own is told by those."""
    seen: dict[str, Setting] = {}
    addressed = set()
    for name, part, setting in config.below(_CLIENTS) if config.application else ():
        seen.setdefault(name, setting)
        if part.startswith("url"):
            addressed.add(name)
    for name, setting in seen.items():
        if name not in addressed:
            yield DependencyFact(
                at=setting.at,
                extractor="micronaut",
                confidence=_BY_NAME,
                source=config.application,
                target=name,
                kind="calls",
            )


def _roots(data: Any) -> set[str]:
    """Return the first parts of the keys of *data*, without profiles."""
    found: set[str] = set()
    for key, value in data.items() if isinstance(data, dict) else ():
        first, _, rest = str(key).partition(".")
        if not first.startswith("%"):
            found.add(first)
        elif rest:
            found.add(rest.partition(".")[0])
        elif isinstance(value, dict):
            found.update(str(inner).partition(".")[0] for inner in value)
    return found
