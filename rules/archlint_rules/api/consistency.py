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
    """An API that differs from the norm: its value of the trait and where that shows, and one API that follows the norm.

    `most` of `count` APIs follow it; where the norm was named, it does not matter how many do.
    """

    api: ApiFact
    value: str
    at: Location
    norm: str
    most: int
    count: int
    example: tuple[ApiFact, Location] | None
    named: bool = False


def odd_ones(graph: ServiceGraph, trait: str, *, norm: str = "") -> Iterator[OddOne]:
    """Yield the APIs whose *trait* is not *norm*, or not that of more than half of the APIs that have one where no norm is given.

    Several versions of an API, told by their title, count once.
    """
    shown: dict[str, tuple[ApiFact, str, Location]] = {}
    for api in sorted(graph.apis, key=lambda api: (api.at.path, api.at.document)):
        values = api.traits.get(trait, [])
        if api.format == "openapi" and len(values) == 1:
            shown.setdefault(api.title, (api, *values[0]))
    counts = Counter(value for _, value, _ in shown.values())
    wanted = norm or majority(counts)
    example = next(((api, at) for api, value, at in shown.values() if value == wanted), None)
    for api, value, at in shown.values():
        if wanted not in {"", value}:
            yield OddOne(api, value, at, wanted, counts[wanted], len(shown), example, named=bool(norm))


def majority(counts: Counter[str]) -> str:
    """Return what more than half do where enough are there to tell, or an empty string."""
    norm, most = counts.most_common(1)[0] if counts else ("", 0)
    return norm if counts.total() >= LEAST and most * 2 > counts.total() else ""


def differs(odd: OddOne, verb: str, *, trait: str, help: str) -> Problem:  # noqa: A002
    """Return the problem that *odd* does as its value says and others as the norm says; *verb* takes both."""
    others = (
        f"the norm here is {odd.norm}" if odd.named else f"{odd.most} of {odd.count} APIs here {odd.norm}"
    )
    examples = (odd.example,) if odd.example is not None else ()
    return Problem(
        f"`{odd.api.title}` {verb} {odd.value}, {others}",
        odd.at,
        help=help,
        related=tuple(Related(f"`{api.title}` {verb} {odd.norm}", at) for api, at in examples),
        identity=(trait, odd.api.at.path),
    )


def described(title: str, body: str) -> str:
    """Return a description for an example of a rule."""
    return _SPEC.format(title=title, body=body)
