"""Times written in another format than those of the other APIs.

## Why is this bad?

Seconds, milliseconds or text: a number does not say which, and a client that guesses shows 1970. Where one API differs from the rest, somebody will.

## How to fix

Write times as most APIs here do, best as `format: date-time` (RFC 3339).
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, ServiceGraph, Severity, rule
from archlint_rules.api.consistency import described, differs, odd_ones


def _timed(title: str, schema: str, mark: str = "") -> str:
    properties = "".join(
        f"        {name}_at: {schema}{mark if name == 'created' else ''}\n"
        for name in ("created", "updated", "paid")
    )
    paths = "paths: {/a: {get: {responses: {'200': {description: ok}}}}}\n"
    return described(
        title,
        f"{paths}components:\n  schemas:\n    Thing:\n      type: object\n      properties:\n{properties}",
    )


class NormOptions(Options, frozen=True, kw_only=True):
    """The norm, where a team has one."""

    norm: Annotated[
        Literal["", "date-time", "number"],
        Meta(description="what all APIs are held to; empty: what most of them do"),
    ] = ""


@rule(
    id="timestamp-format-inconsistent",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    options=NormOptions,
    references=("https://opensource.zalando.com/restful-api-guidelines/#169",),
    examples=(
        Bad(
            {
                "a.yaml": _timed("Orders", "{type: string, format: date-time}"),
                "b.yaml": _timed("Items", "{type: string, format: date-time}"),
                "c.yaml": _timed(
                    "Carts",
                    "{type: integer}",
                    "  # <- `Carts` writes times as number, 2 of 3 APIs here date-time",
                ),
            }
        ),
        Good(
            {
                "a.yaml": _timed("Orders", "{type: string, format: date-time}"),
                "b.yaml": _timed("Items", "{type: string, format: date-time}"),
                "c.yaml": _timed("Carts", "{type: string, format: date-time}"),
            }
        ),
        Good(
            {
                "a.yaml": _timed("Orders", "{type: string, format: date-time}"),
                "c.yaml": _timed("Carts", "{type: integer}"),
            },
            "two APIs have no majority",
        ),
        Bad(
            {
                "a.yaml": _timed(
                    "Orders",
                    "{type: integer}",
                    "  # <- `Orders` writes times as number, the norm here is date-time",
                )
            },
            "the norm is named",
            options={"norm": "date-time"},
        ),
    ),
)
def timestamp_format_inconsistent(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report APIs that write times as numbers where most APIs of the project write them as text, or the other way round."""
    for odd in odd_ones(graph, "timestamp", norm=context.options.norm):
        yield differs(
            odd, "writes times as", trait="timestamp", help=f"write times as {odd.norm} like the others"
        )
