"""A path that says what to do.

## Why is this bad?

The method says what is done, the path to what. `/getOrders` and `/createOrder` hide that both are about orders: caches, permissions and
people cannot tell reads from writes, and each verb gets a path of its own.

## How to fix

Name the thing, and use the method: `GET /orders`, `POST /orders`. What fits no method can be a custom method (`/orders/{id}:cancel`).
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import PathItem
from archlint.formats.openapi.words import VERBS, words

_NOUNS = frozenset(("on", "ons", "in", "up", "by", "request", "requests", "job", "jobs"))
"""Words after a verb that make a thing of it."""

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}:{marker}
    get: {{responses: {{"200": {{description: ok}}}}}}
"""


def _spec(path: str, marker: str = "") -> str:
    return _SPEC.format(path=path, marker=marker)


@rule(
    id="path-contains-verb",
    category="api",
    severity=Severity.WARNING,
    profile="strict",
    subject=PathItem,
    since="0.1.0",
    references=(
        "https://opensource.zalando.com/restful-api-guidelines/#141",
        "https://google.aip.dev/136",
    ),
    applies=lambda item: item.kind == "path",
    aggregate=True,
    examples=(
        Bad(_spec("/getOrders", "  # <- `getOrders` in `/getOrders` is a verb")),
        Bad(_spec("/orders/{id}/update", "  # <- `update` in `/orders/{id}/update` is a verb")),
        Bad(_spec("/create-order", "  # <- `create-order` in `/create-order` is a verb")),
        Good(_spec("/orders")),
        Good(_spec("/orders/{id}:cancel"), "a custom method"),
        Good(_spec("/orders/search"), "a search is a thing"),
        Good(_spec("/login"), "logging in is named after the act everywhere"),
        Good(_spec("/add-ons/{id}"), "a noun that begins like a verb"),
        Good(_spec("/updates"), "a noun"),
        Good(_spec("/delete-requests"), "requests to delete are things"),
        Good(_spec("/process/{id}"), "a process can be a thing"),
    ),
)
def path_contains_verb(item: PathItem, context: Context) -> Iterator[Problem]:
    """Report the first static segment of a path that is a verb, or begins with one."""
    del context
    segments = item.path.strip("/").split("/")
    for index, segment in enumerate(segments):
        if "{" in segment or ":" in segment or "." in segment or "(" in segment:
            continue
        named = words(segment)
        first = named[0] if named else ""
        alone = len(named) == 1 and index == len(segments) - 1 and index > 0
        if first in VERBS and (alone or (len(named) > 1 and VERBS[first] and named[1] not in _NOUNS)):
            yield Problem(
                f"`{segment}` in `{item.path}` is a verb",
                item.key,
                help="name the thing and let the method say what is done, or write a custom method as `:verb`",
            )
            return
