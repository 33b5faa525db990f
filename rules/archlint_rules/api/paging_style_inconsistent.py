"""Lists that are read in parts in another way than those of the other APIs.

## Why is this bad?

A client that reads all of a collection is written once for all APIs of a company, unless each pages in its own way. Then the loop is written again,
and wrongly, for each.

## How to fix

Page as most of the APIs here do; where an API is public already, offer the common way beside the old one.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, ServiceGraph, Severity, rule
from archlint_rules.api.consistency import described, differs, odd_ones

_LIST = """
paths:
  /{path}:
    get:
      parameters:
        - {{name: limit, in: query, schema: {{type: integer, maximum: 100}}}}
        - {{name: {parameter}, in: query, schema: {{type: string}}}}
      responses:
        "200": {{description: ok, content: {{application/json: {{schema: {{type: array, items: {{type: object}}}}}}}}}}
"""


def _list(title: str, parameter: str, mark: str = "") -> str:
    text = _LIST.format(path=title.lower(), parameter=parameter)
    return described(title, text.replace("    get:", f"    get:{mark}"))


class NormOptions(Options, frozen=True, kw_only=True):
    """The norm, where a team has one."""

    norm: Annotated[
        Literal["", "cursor", "offset", "page"],
        Meta(description="what all APIs are held to; empty: what most of them do"),
    ] = ""


@rule(
    id="paging-style-inconsistent",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    options=NormOptions,
    references=("https://google.aip.dev/158",),
    examples=(
        Bad(
            {
                "a.yaml": _list("Orders", "cursor"),
                "b.yaml": _list("Items", "pageToken"),
                "c.yaml": _list("Carts", "offset", "  # <- `Carts` pages by offset, 2 of 3 APIs here cursor"),
            }
        ),
        Good(
            {
                "a.yaml": _list("Orders", "cursor"),
                "b.yaml": _list("Items", "cursor"),
                "c.yaml": _list("Carts", "cursor"),
            }
        ),
        Good(
            {"a.yaml": _list("Orders", "cursor"), "c.yaml": _list("Carts", "offset")},
            "two APIs have no majority",
        ),
        Bad(
            {
                "a.yaml": _list(
                    "Orders", "cursor", "  # <- `Orders` pages by cursor, the norm here is offset"
                ),
                "c.yaml": _list("Carts", "offset"),
            },
            "the norm is named",
            options={"norm": "offset"},
        ),
    ),
)
def paging_style_inconsistent(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report APIs that page by cursor, offset or page number where most APIs of the project page otherwise."""
    for odd in odd_ones(graph, "paging", norm=context.options.norm):
        yield differs(odd, "pages by", trait="paging", help=f"page by {odd.norm} like the others")
