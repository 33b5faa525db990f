"""A piece of SQL from the outside.

## Why is this bad?

Whoever may write a part of the query may read and change everything that the service's database user may. Escaping does not help: it is meant to
be SQL.

## How to fix

Offer named filters, and build the query from bound parameters.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, Severity, regex, rule
from archlint.formats.openapi import OpenAPI, Operation, Schema
from archlint.formats.openapi.requests import request_schemas
from archlint.formats.openapi.words import bare, words

_NAMES = frozenset((
    "sql", "hql", "jpql", "rawquery", "rawsql", "sqlquery", "whereclause", "sqlwhere", "wheresql", "sqlexpression", "sqlfilter", "sqlstatement", "orderbyclause", "havingclause",
))  # fmt: skip
_SAID = regex(
    r"\b(?:raw )?sql (?:expression|where|clause|condition|fragment|snippet)|where[- ]clause", re.IGNORECASE
)
_PRODUCT = frozenset(
    (
        "sql",
        "query",
        "queries",
        "warehouse",
        "warehouses",
        "statement",
        "statements",
        "analytics",
        "bigquery",
        "database",
        "databases",
        "views",
        "olap",
        "presto",
        "trino",
        "functions",
    )
)

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}:
    get:
      parameters:
        - name: {name}
          in: query
          description: {description}
          schema: {{type: string}}
      responses: {{"200": {{description: ok}}}}
"""


def _spec(name: str, description: str = "A filter", path: str = "/orders") -> str:
    return _SPEC.format(name=name, description=description, path=path)


@rule(
    id="raw-query-input",
    category="security",
    severity=Severity.WARNING,
    profile="strict",
    subject=OpenAPI,
    since="0.1.0",
    references=("https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",),
    examples=(
        Bad(_spec("whereClause  # <- `GET /orders` takes SQL in `whereClause`")),
        Bad(_spec("filter  # <- `GET /orders` takes SQL in `filter`", "A SQL expression over the columns")),
        Bad(
            """
            openapi: 3.0.3
            info: {title: Orders, version: 1.0.0}
            paths:
              /reports:
                post:
                  requestBody:
                    content:
                      application/json:
                        schema:
                          type: object
                          properties:
                            rawSql: {type: string}  # <- `POST /reports` takes SQL in `rawSql`
                  responses: {"200": {description: ok}}
            """
        ),
        Good(_spec("status")),
        Good(_spec("sql", path="/warehouses/{id}/statements"), "SQL is the product"),
        Good(_spec("filter", "Compares like SQL does"), "a grammar of its own"),
    ),
)
def raw_query_input(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report parameters and properties that take SQL, where SQL is not what the API is about."""
    del context
    seen = set()
    for operation in api.operations:
        for parameter in operation.parameters:
            if (
                parameter not in seen
                and _is_sql(parameter.name, parameter.description)
                and not _is_product(operation)
            ):
                seen.add(parameter)
                yield _problem(operation, parameter.name, parameter.at("name"))
    for schema, operation in request_schemas(api):
        for name in schema.mapping("properties"):
            found = Schema.at_node(schema, "properties", name)
            if (
                found is not None
                and "string" in found.types
                and not found.enum
                and _is_sql(name, str(found.keyword("description") or ""))
                and not _is_product(operation)
            ):
                yield _problem(operation, name, schema.at("properties", name, on_key=True))


def _problem(operation: Operation, name: str, at: Location) -> Problem:
    return Problem(
        f"`{operation.name}` takes SQL in `{name}`", at, help="offer named filters, and bind their values"
    )


def _is_sql(name: str, said: str) -> bool:
    return bare(name) in _NAMES or bool(_SAID.search(said))


def _is_product(operation: Operation) -> bool:
    title = words(operation.root.title)
    return bool(
        _PRODUCT & {*words(operation.path), *title, *(word for tag in operation.tags for word in words(tag))}
    )
