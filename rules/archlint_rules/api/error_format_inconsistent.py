"""Errors in another format than those of the other APIs.

## Why is this bad?

Clients and gateways that handle errors in one place, to log a code or to show a message, need a case for each API that says them in its own way.

## How to fix

Answer errors in the format of most APIs here, best the one of RFC 9457.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, ServiceGraph, Severity, rule
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


@rule(
    id="error-format-inconsistent",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
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
    ),
)
def error_format_inconsistent(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report APIs whose error bodies have another shape than those of most APIs of the project."""
    del context
    for odd in odd_ones(graph, "error"):
        yield differs(
            odd, "answers errors as", trait="error", help=f"answer errors as {odd.norm} like the others"
        )
