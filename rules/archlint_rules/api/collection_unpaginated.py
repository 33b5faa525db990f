"""A list that answers with everything it holds.

## Why is this bad?

A list without pages grows with the data. One day it is slow, then it times out, and adding pages later breaks every client, for they
have learnt that one answer is all.

## How to fix

Accept a cursor and a bounded page size, and return where to go on. Where the list is bounded by nature, say so with `maxItems`.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation, Parameter, Schema
from archlint.formats.openapi.understanding import Items, goes_on, understand
from archlint.formats.openapi.words import ACTIONS, bare, words

_SMALL = 2
_PERIOD = frozenset(("date", "start", "from", "since", "after", "year", "month", "day", "period", "week"))
_SINGLE = frozenset(("default", "current", "latest"))
_SEARCHES = frozenset(("search", "find", "filter", "query", "lookup"))
_BOUNDED = frozenset(
    (
        "enum",
        "status",
        "statuses",
        "types",
        "categories",
        "languages",
        "countries",
        "currencies",
        "timezones",
        "regions",
        "locales",
        "features",
        "permissions",
        "scopes",
        "roles",
        "versions",
        "levels",
        "plans",
    )
)

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:{marker}
      {extra}
      responses:
        "200":
          description: The orders
          {headers}
          content:
            application/json:
              schema: {schema}
  /items:
    get:
      parameters: [{{name: cursor, in: query, schema: {{type: string}}}}, {{name: limit, in: query, schema: {{type: integer}}}}]
      responses: {{"200": {{description: ok, content: {{application/json: {{schema: {{type: array, items: {{}}}}}}}}}}}}
"""
_ORDER = "{type: object, properties: {id: {type: string}, total: {type: integer}, customer: {type: string}}}"


def _spec(
    schema: str, marker: str = "", extra: str = "operationId: listOrders", headers: str = "x-none: true"
) -> str:
    return _SPEC.format(schema=schema, marker=marker, extra=extra, headers=headers)


def _candidate(operation: Operation) -> bool:
    return (
        operation.method == "GET"
        and operation.kind == "path"
        and understand(operation).kind == "list"
        and "/.well-known/" not in operation.path
        and bare(understand(operation).resource) not in (ACTIONS - _SEARCHES) | _SINGLE
        and not (bare(understand(operation).resource) == "credentials" and "list" not in words(operation.id))
    )


@rule(
    id="collection-unpaginated",
    category="api",
    severity=Severity.WARNING,
    subject=Operation,
    since="0.1.0",
    references=("https://google.aip.dev/158", "https://opensource.zalando.com/restful-api-guidelines/#159"),
    applies=_candidate,
    aggregate=True,
    examples=(
        Bad(
            _spec(
                f"{{type: array, items: {_ORDER}}}", "  # <- `GET /orders` returns all of its items at once"
            )
        ),
        Bad(
            _spec(
                f"{{type: object, properties: {{items: {{type: array, items: {_ORDER}}}}}}}",
                "  # <- `GET /orders` returns all",
            )
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:  # <- `GET /orders` returns all of its items at once
                  responses:
                    "200":
                      description: The orders
                      schema: {type: array, items: {type: object, properties: {id: {type: string}, a: {type: string}, b: {type: string}}}}
            """,
            "Swagger 2.0",
        ),
        Good(
            _spec(
                f"{{type: array, items: {_ORDER}}}",
                extra="parameters: [{name: cursor, in: query, schema: {type: string}}]",
            )
        ),
        Good(
            _spec(f"{{type: array, items: {_ORDER}}}", headers="headers: {Link: {schema: {type: string}}}"),
            "pages by `Link`",
        ),
        Good(_spec(f"{{type: array, maxItems: 50, items: {_ORDER}}}"), "bounded"),
        Good(_spec("{type: array, items: {type: string, enum: [a, b]}}"), "a list of known words"),
        Good(
            _spec(
                "{type: array, items: {type: object, properties: {code: {type: string}, name: {type: string}}}}"
            ),
            "small things",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Login, version: 1.0.0}
            paths:
              /.well-known/jwks.json:
                get:
                  responses:
                    "200":
                      description: The keys
                      content: {application/json: {schema: {type: object, properties: {keys: {type: array, items: {type: object}}}}}}
            """,
            "documents of fixed form",
        ),
        Good(
            _spec(
                f"{{type: array, items: {_ORDER}}}",
                extra="parameters: [{name: stream_limit, in: query, schema: {type: integer}}]",
            ),
            "a stream that is bounded by the caller",
        ),
        Good(
            _spec(
                "{type: object, properties: {data: {type: array, items: {type: object}}, links: {type: object, properties: {next: {type: string}}}}}"
            ),
            "the answer says where to go on",
        ),
        Good(
            _spec(
                f"{{type: array, items: {_ORDER}}}",
                extra="parameters: [{name: start_date, in: query, required: true, schema: {type: string, format: date}}]",
            ),
            "a period bounds it",
        ),
        Good(_spec(_ORDER), "one thing"),
        Good(
            _spec(f"{{type: array, items: {_ORDER}}}", extra="operationId: getDefault").replace(
                "/orders:", "/orders/default:"
            ),
            "one thing in a list",
        ),
        Good(
            _spec(f"{{type: array, items: {_ORDER}}}", extra="operationId: loadCredentials").replace(
                "/orders:", "/orders/{id}/credentials:"
            ),
            "what one thing is opened with",
        ),
        Good(
            _spec(
                "{type: object, properties: {id: {type: string}, total: {type: integer}, lines: {type: array, items: {}}}}"
            ),
            "a thing that has parts is no list",
        ),
    ),
)
def collection_unpaginated(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report a `GET` that returns a list and has no way to ask for the next part."""
    del context
    understood = understand(operation)
    items = understood.items
    if items is None or understood.paging or _is_bounded(operation, items):
        return
    element = items.array.element
    identified = element is not None and any(_is_id(name) for name in element.properties)
    siblings = any(
        understand(other).paging.style in {"cursor", "offset", "page"} for other in operation.root.operations
    )
    yield Problem(
        f"`{operation.name}` returns all of its items at once",
        operation.key,
        help="accept a cursor and a page size, or bound the list with `maxItems`",
        severity=None if (identified or siblings) and not operation.root.is_internal else Severity.INFO,
    )


def _is_bounded(operation: Operation, items: Items) -> bool:
    if items.array.keyword("maxItems") is not None or items.response.headers.keys() & {
        "link",
        "content-range",
        "x-total-count",
    }:
        return True
    if goes_on(items) or any(_bounds(parameter) for parameter in operation.parameters):
        return True
    if bare(understand(operation).resource) in _BOUNDED:
        return True
    element = items.array.element
    return element is not None and _is_small(element)


def _bounds(parameter: Parameter) -> bool:
    """Tell whether *parameter* bounds the list: a limit of its own, or a period that must be given."""
    said = set(words(parameter.name))
    return "limit" in said or (parameter.is_required and parameter.place == "query" and bool(said & _PERIOD))


def _is_small(element: Schema) -> bool:
    """Tell whether the items are words of a vocabulary: scalars, or objects of at most two scalars without an id."""
    if element.is_scalar:
        return True
    properties = element.properties
    plain = all(value.is_scalar for value in properties.values())
    return 0 < len(properties) <= _SMALL and plain and not any(_is_id(name) for name in properties)


def _is_id(name: str) -> bool:
    return bare(name) in {"id", "uuid", "guid", "key", "uid"} or name.endswith(("Id", "_id", "ID"))
