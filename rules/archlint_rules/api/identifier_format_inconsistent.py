"""Identifiers of another type than those of the other APIs.

## Why is this bad?

An identifier travels: into other services, tables, logs and events. Where it is a number here and a UUID there, no common column, check or tool fits.

## How to fix

Give new resources identifiers of the type that most APIs here use.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, ServiceGraph, Severity, rule
from archlint_rules.api.consistency import described, differs, odd_ones


def _identified(title: str, schema: str, mark: str = "") -> str:
    schemas = "".join(
        f"    {name}:\n      type: object\n      properties:\n        id: {schema}{mark if name == 'Order' else ''}\n"
        for name in ("Order", "Item", "Owner")
    )
    paths = "paths: {/a: {get: {responses: {'200': {description: ok}}}}}\n"
    return described(title, f"{paths}components:\n  schemas:\n{schemas}")


class NormOptions(Options, frozen=True, kw_only=True):
    """The norm, where a team has one."""

    norm: Annotated[
        Literal["", "uuid", "string", "integer"],
        Meta(description="what all APIs are held to; empty: what most of them do"),
    ] = ""


@rule(
    id="identifier-format-inconsistent",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    options=NormOptions,
    references=("https://opensource.zalando.com/restful-api-guidelines/#144",),
    examples=(
        Bad(
            {
                "a.yaml": _identified("Orders", "{type: string, format: uuid}"),
                "b.yaml": _identified("Items", "{type: string, format: uuid}"),
                "c.yaml": _identified(
                    "Carts",
                    "{type: integer}",
                    "  # <- `Carts` identifies things by integer, 2 of 3 APIs here uuid",
                ),
            }
        ),
        Good(
            {
                "a.yaml": _identified("Orders", "{type: string, format: uuid}"),
                "b.yaml": _identified("Items", "{type: string, format: uuid}"),
                "c.yaml": _identified("Carts", "{type: string, format: uuid}"),
            }
        ),
        Good(
            {
                "a.yaml": _identified("Orders", "{type: string, format: uuid}"),
                "c.yaml": _identified("Carts", "{type: integer}"),
            },
            "two APIs have no majority",
        ),
        Bad(
            {
                "a.yaml": _identified(
                    "Orders",
                    "{type: integer}",
                    "  # <- `Orders` identifies things by integer, the norm here is uuid",
                )
            },
            "the norm is named",
            options={"norm": "uuid"},
        ),
    ),
)
def identifier_format_inconsistent(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report APIs whose `id` properties are of another type than those of most APIs of the project."""
    for odd in odd_ones(graph, "identifier", norm=context.options.norm):
        yield differs(
            odd, "identifies things by", trait="identifier", help=f"use {odd.norm} for new resources"
        )
