"""Properties named in another case than those of the other APIs.

## Why is this bad?

`orderId` here and `order_id` there are one thing to people and two to code: every place where data of both APIs meet has to rename.

## How to fix

Name the properties of new versions in the case that most APIs here use.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, ServiceGraph, Severity, rule
from archlint_rules.api.consistency import described, differs, odd_ones

_NAMES = ("order", "item", "cart", "price", "owner", "buyer", "seller", "parcel")


def _names(title: str, ending: str, mark: str = "") -> str:
    lines = [f"        {name}{ending}: {{type: string}}" for name in _NAMES]
    lines[0] += mark
    schemas = "components:\n  schemas:\n    Thing:\n      type: object\n      properties:\n"
    return described(
        title, "paths: {/a: {get: {responses: {'200': {description: ok}}}}}\n" + schemas + "\n".join(lines)
    )


class NormOptions(Options, frozen=True, kw_only=True):
    """The norm, where a team has one."""

    norm: Annotated[
        Literal["", "camelCase", "snake_case", "kebab-case", "PascalCase"],
        Meta(description="what all APIs are held to; empty: what most of them do"),
    ] = ""


@rule(
    id="property-case-inconsistent",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    options=NormOptions,
    references=("https://opensource.zalando.com/restful-api-guidelines/#118",),
    examples=(
        Bad(
            {
                "a.yaml": _names("Orders", "_id"),
                "b.yaml": _names("Items", "_id"),
                "c.yaml": _names(
                    "Carts", "Id", "  # <- `Carts` names properties in camelCase, 2 of 3 APIs here snake_case"
                ),
            }
        ),
        Good(
            {
                "a.yaml": _names("Orders", "_id"),
                "b.yaml": _names("Items", "_id"),
                "c.yaml": _names("Carts", "_id"),
            }
        ),
        Good(
            {"a.yaml": _names("Orders", "_id"), "c.yaml": _names("Carts", "Id")}, "two APIs have no majority"
        ),
        Bad(
            _names(
                "Carts", "Id", "  # <- `Carts` names properties in camelCase, the norm here is snake_case"
            ),
            "the norm is named",
            options={"norm": "snake_case"},
        ),
    ),
)
def property_case_inconsistent(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report APIs whose property names are in another case than those of most APIs of the project."""
    for odd in odd_ones(graph, "property-case", norm=context.options.norm):
        yield differs(
            odd, "names properties in", trait="property-case", help=f"use {odd.norm} in the next version"
        )
