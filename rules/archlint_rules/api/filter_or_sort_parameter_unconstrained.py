"""A filter or an order in words of the caller's choice.

## Why is this bad?

Whatever may be sorted by will be, on columns without an index; whatever may be written as a filter will be, megabytes of it. The query that
takes the database down came through a parameter that allowed everything.

## How to fix

List the fields to sort by (`enum`, or a `pattern` such as `^[+-]?(name|created)$`). Bound a filter by `maxLength` and say what its grammar is.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, regex, rule
from archlint.formats.openapi import Parameter, Schema
from archlint.formats.openapi.words import bare

_FILTERS = frozenset(
    ("filter", "q", "query", "where", "search", "filters", "rsql", "odatafilter", "searchquery", "filterby")
)
_SORTS = frozenset(("sort", "orderby", "sortby", "order", "sorting", "ordering", "sortorder", "sortfield"))
_GRAMMAR = regex(
    r"syntax|grammar|operator|expression|e\.g\.|example|format|prefix|substring|contains|case[- ]insensitive|wildcard|regex|`|one of|comma|https?:",
    re.IGNORECASE,
)
_LISTED = regex(
    r"`|one of|allowed|valid|supported|can be|possible|accepts|\bor\b|e\.g\.|\basc\b|https?:|comma",
    re.IGNORECASE,
)

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      parameters:
        - name: {name}
          in: query
          {more}
          schema: {schema}
      responses: {{"200": {{description: ok}}}}
"""


def _spec(name: str, schema: str = "{type: string}", more: str = "required: false") -> str:
    return _SPEC.format(name=name, schema=schema, more=more)


@rule(
    id="filter-or-sort-parameter-unconstrained",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=Parameter,
    since="0.1.0",
    references=(
        "https://google.aip.dev/160",
        "https://opensource.zalando.com/restful-api-guidelines/#137",
        "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
    ),
    applies=lambda parameter: parameter.place == "query" and bare(parameter.name) in _FILTERS | _SORTS,
    aggregate=True,
    examples=(
        Bad(_spec("sort  # <- `sort` does not say what can be sorted by")),
        Bad(_spec("filter  # <- `filter` takes text of any length and form")),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  parameters:
                    - name: order_by  # <- `order_by` does not say what can be sorted by
                      in: query
                      type: string
                  responses: {"200": {description: ok}}
            """,
            "Swagger 2.0",
        ),
        Good(_spec("sort", "{type: string, enum: [name, created]}")),
        Good(
            _spec("sort", '{type: string, pattern: "^[+-]?(name|created)(,[+-]?(name|created))*$"}'),
            "a grammar as a pattern",
        ),
        Good(_spec("sort", "{type: array, items: {type: string, enum: [name]}}"), "a list of known names"),
        Good(_spec("q", "{type: string, maxLength: 200}"), "free text of bounded length"),
        Good(_spec("filter", more="description: An expression such as `total > 5`"), "a grammar in words"),
        Good(_spec("sort", more="description: One of name and created"), "names in words"),
        Good(_spec("order", "{type: integer}"), "a number"),
    ),
)
def filter_or_sort_parameter_unconstrained(parameter: Parameter, context: Context) -> Iterator[Problem]:
    """Report filters without a length and a grammar, and orders without a list of names."""
    del context
    schema = parameter.schema
    if schema is None or not _is_free(schema):
        return
    said = f"{parameter.description} {schema.keyword('description') or ''}"
    if (
        parameter.get("example") is not None
        or parameter.get("examples") is not None
        or schema.keyword("example") is not None
    ):
        return
    if bare(parameter.name) in _SORTS:
        if not _LISTED.search(said):
            yield Problem(
                f"`{parameter.name}` does not say what can be sorted by",
                parameter.at("name"),
                help="list the names in an `enum`, or as a `pattern`",
            )
    elif schema.keyword("maxLength") is None and not _GRAMMAR.search(said):
        yield Problem(
            f"`{parameter.name}` takes text of any length and form",
            parameter.at("name"),
            help="set `maxLength`, and describe the grammar",
        )


def _is_free(schema: Schema) -> bool:
    inner = schema.element if schema.is_array else schema
    return (
        inner is not None
        and inner.types == {"string"}
        and not inner.enum
        and inner.keyword("pattern") is None
        and not inner.format
        and not inner.alternatives
    )
