"""What most APIs of a project do, and which of them do otherwise."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from archlint.api import ApiFact, Location, Problem, Related, ServiceGraph

LEAST = 3
"""APIs that make a majority possible."""

_SPEC = """
openapi: 3.1.0
info: {{title: {title}, version: 1.0.0}}
{body}
"""


@dataclass(frozen=True, slots=True)
class OddOne:
    """An API that differs from the norm: its value of the trait and where that shows, and one API that follows the norm."""

    api: ApiFact
    value: str
    at: Location
    norm: str
    most: int
    count: int
    example: ApiFact
    example_at: Location


def odd_ones(graph: ServiceGraph, trait: str) -> Iterator[OddOne]:
    """Yield the APIs whose *trait* is not that of more than half of the APIs that have one.

    Several versions of an API, told by their title, count once.
    """
    shown: dict[str, tuple[ApiFact, str, Location]] = {}
    for api in sorted(graph.apis, key=lambda api: (api.at.path, api.at.document)):
        values = api.traits.get(trait, [])
        if api.format == "openapi" and len(values) == 1:
            shown.setdefault(api.title, (api, *values[0]))
    counts = Counter(value for _, value, _ in shown.values())
    if len(shown) < LEAST:
        return
    norm, most = counts.most_common(1)[0]
    if most * 2 <= len(shown):
        return
    example, _, example_at = next(entry for entry in shown.values() if entry[1] == norm)
    for api, value, at in shown.values():
        if value != norm:
            yield OddOne(api, value, at, norm, most, len(shown), example, example_at)


def differs(odd: OddOne, verb: str, *, trait: str, help: str) -> Problem:  # noqa: A002
    """Return the problem that *odd* does as its value says and most others as the norm says; *verb* takes both."""
    return Problem(
        f"`{odd.api.title}` {verb} {odd.value}, {odd.most} of {odd.count} APIs here {odd.norm}",
        odd.at,
        help=help,
        related=(Related(f"`{odd.example.title}` {verb} {odd.norm}", odd.example_at),),
        identity=(trait, odd.api.at.path),
    )


def described(title: str, body: str) -> str:
    """Return a description for an example of a rule."""
    return _SPEC.format(title=title, body=body)
