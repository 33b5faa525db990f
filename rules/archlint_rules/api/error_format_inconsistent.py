"""Errors in another format than those of the other APIs.

## Why is this bad?

Clients and gateways that handle errors in one place, to log a code or to show a message, need a case for each API that says them in its own way.

## How to fix

Answer errors in the format of most APIs here, best the one of RFC 9457.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, ServiceGraph, Severity, rule
from archlint_rules.api.consistency import described, differs, odd_ones

_ERRORS = """
paths:
  /{path}:
    get:
      responses:
        "200": {{description: ok}}
        "400": {{description: refused, content: {{{media}: {{schema: {schema}}}}}}}
        "404": {{description: missing, content: {{{media}: {{schema: {schema}}}}}}}
        "500": {{description: broken, content: {{{media}: {{schema: {schema}}}}}}}
"""


def _errors(title: str, media: str, schema: str = "{type: object}", mark: str = "") -> str:
    text = _ERRORS.format(path=title.lower(), media=media, schema=schema)
    return described(title, text.replace("}}}}\n", "}}}}" + mark + "\n", 1))


class NormOptions(Options, frozen=True, kw_only=True):
    """The norm, where a team has one."""

    norm: Annotated[
        str,
        Meta(
            description="what all APIs are held to; empty: what most of them do, in the words of the findings (`problem details`, `{code, message}`)"
        ),
    ] = ""


@rule(
    id="error-format-inconsistent",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    options=NormOptions,
    references=("https://www.rfc-editor.org/rfc/rfc9457",),
    examples=(
        Bad(
            {
                "a.yaml": _errors("Orders", "application/problem+json"),
                "b.yaml": _errors("Items", "application/problem+json"),
                "c.yaml": _errors(
                    "Carts",
                    "application/json",
                    "{properties: {code: {type: string}}}",
                    "  # <- `Carts` answers errors as {code}, 2 of 3 APIs here problem details",
                ),
            }
        ),
        Good(
            {
                "a.yaml": _errors("Orders", "application/problem+json"),
                "b.yaml": _errors("Items", "application/problem+json"),
                "c.yaml": _errors("Carts", "application/problem+json"),
            }
        ),
        Good(
            {
                "a.yaml": _errors("Orders", "application/problem+json"),
                "c.yaml": _errors("Carts", "application/json", "{properties: {code: {type: string}}}"),
            },
            "two APIs have no majority",
        ),
        Bad(
            _errors(
                "Carts",
                "application/json",
                "{properties: {code: {type: string}}}",
                "  # <- `Carts` answers errors as {code}, the norm here is problem details",
            ),
            "the norm is named",
            options={"norm": "problem details"},
        ),
    ),
)
def error_format_inconsistent(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report APIs whose error bodies have another shape than those of most APIs of the project."""
    for odd in odd_ones(graph, "error", norm=context.options.norm):
        yield differs(
            odd, "answers errors as", trait="error", help=f"answer errors as {odd.norm} like the others"
        )
