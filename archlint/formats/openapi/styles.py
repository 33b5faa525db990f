"""The styles of an API that can be compared with those of others: error bodies, names, identifiers, times.

A style is told only where most of what shows it agrees; an API that is of two minds has none.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from archlint.api import Location, regex
from archlint.formats.openapi.views import OpenAPI

type Trait = tuple[str, Location]

_FEW_NAMES = 8
_FEW = 3
_AGREE = 0.8
_CASES = (
    ("camelCase", regex(r"[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)+")),
    ("snake_case", regex(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")),
    ("kebab-case", regex(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")),
    ("PascalCase", regex(r"(?:[A-Z][a-z0-9]+){2,}")),
)
_TIME = regex(r".+(?:_at|At|_time|Time|Timestamp|_timestamp)|timestamp|created|updated|modified")
_PROBLEM = frozenset(("type", "title", "status", "detail"))


def styles_of(api: OpenAPI) -> Iterator[tuple[str, Trait]]:
    """Yield the names of the styles of *api* with their value and a place that shows it."""
    properties = list(_properties(api))
    found = {
        "error": _agreed(_errors(api), least=_FEW),
        "property-case": _agreed(
            ((case, at) for name, _, at in properties if (case := case_of(name))), least=_FEW_NAMES
        ),
        "identifier": _agreed(
            ((kind, at) for name, schema, at in properties if name == "id" and (kind := _identifier(schema))),
            least=_FEW,
        ),
        "timestamp": _agreed(
            (
                (kind, at)
                for name, schema, at in properties
                if _TIME.fullmatch(name) and (kind := _time(schema))
            ),
            least=_FEW,
        ),
    }
    yield from ((name, trait) for name, trait in found.items() if trait is not None)


def case_of(name: str) -> str:
    """Return the case style of a name of several words, or an empty string."""
    return next((case for case, pattern in _CASES if pattern.fullmatch(name)), "")


def _agreed(shown: Iterator[Trait], *, least: int) -> Trait | None:
    """Return what most of *shown* say, with the first place that does; `None` where too few do, or they do not agree."""
    counts: Counter[str] = Counter()
    places: dict[str, Location] = {}
    for value, at in shown:
        counts[value] += 1
        places.setdefault(value, at)
    if counts.total() < least:
        return None
    value, most = counts.most_common(1)[0]
    return (value, places[value]) if most >= _AGREE * counts.total() else None


def _properties(api: OpenAPI) -> Iterator[tuple[str, dict[str, Any], Location]]:
    """Yield the properties that stand directly in the component schemas of *api*."""
    keys = ("definitions",) if api.is_swagger else ("components", "schemas")
    for component, schema in api.mapping(*keys).items():
        properties = schema.get("properties") if isinstance(schema, dict) else None
        for name, value in properties.items() if isinstance(properties, dict) else ():
            if isinstance(value, dict):
                yield name, value, api.at(*keys, component, "properties", name, on_key=True)


def _errors(api: OpenAPI) -> Iterator[Trait]:
    seen: set[Location | tuple[Any, ...]] = set()
    for operation in api.operations:
        for status, response in operation.responses.items():
            place = (id(response.document), response.pointer)
            if not (status[:1] in {"4", "5"} or status == "default") or place in seen:
                continue
            seen.add(place)
            for name, media in response.content.items():
                shape = _shape(name, media.schema.properties if media.schema is not None else {})
                if shape:
                    yield shape, response.location
                    break


def _shape(media: str, properties: dict[str, Any]) -> str:
    if media.partition(";")[0].strip().lower().startswith("application/problem+"):
        return "problem details"
    if len(_PROBLEM & properties.keys()) >= _FEW:
        return "problem details"
    return f"{{{', '.join(sorted(properties)[:4])}}}" if properties else ""


def _identifier(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if kind == "integer":
        return "integer"
    if kind == "string":
        return "uuid" if schema.get("format") == "uuid" else "string"
    return ""


def _time(schema: dict[str, Any]) -> str:
    kind, form = schema.get("type"), schema.get("format")
    if kind == "string" and form == "date-time":
        return "date-time"
    if kind in ("integer", "number"):
        return "number"
    return ""
