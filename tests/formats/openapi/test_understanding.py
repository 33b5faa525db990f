"""The understanding of an API: what operations are, how lists are read in parts, how versions are told apart."""

from collections.abc import Callable

import pytest

from archlint.api import Document
from archlint.formats.openapi import FORMAT, root_of
from archlint.formats.openapi.understanding import Understanding, has_next, is_public_by_nature, understand
from archlint.formats.openapi.versions import version_in, versions_of

type Read = Callable[..., Document]

HEAD = 'openapi: 3.1.0\ninfo: {title: Orders, version: "1"}\n'
MADE = "{201: {description: made}}"
DONE = "{200: {description: done}}"


def operations(read: Read, path: str, method: str, text: str) -> Understanding:
    return understand(root_of(read(f"{HEAD}paths:\n  {path}:\n    {method}: {text}\n")).operations[0])


def answering(schema: str, parameters: str = "", headers: str = "") -> str:
    asked = ", ".join(
        f"{{name: '{name}', in: query, schema: {{type: integer}}}}" for name in parameters.split()
    )
    told = ", ".join(f"{name}: {{schema: {{type: string}}}}" for name in headers.split())
    return (
        f"{{parameters: [{asked}], responses: {{200: {{description: ok, headers: {{{told}}}, "
        f"content: {{application/json: {{schema: {schema}}}}}}}}}}}"
    )


@pytest.mark.parametrize(
    ("method", "path", "text", "kind"),
    [
        ("post", "/orders", f"{{responses: {MADE}}}", "create"),
        ("post", "/orders", f"{{operationId: createOrder, responses: {DONE}}}", "create"),
        ("post", "/orders", f"{{operationId: handleOrders, responses: {DONE}}}", "action"),
        ("post", "/webhooks", f"{{responses: {MADE}}}", "create"),
        ("post", "/upload_sessions", f"{{responses: {MADE}}}", "create"),
        ("post", "/orders/{id}", f"{{responses: {DONE}}}", "action"),
        ("post", "/orders/{id}/cancel", f"{{responses: {MADE}}}", "action"),
        ("post", "/orders/{id}/terminate-sessions", f"{{responses: {DONE}}}", "action"),
        ("post", "/orders/{id}:archive", f"{{responses: {DONE}}}", "action"),
        ("post", "/orders/search", f"{{responses: {DONE}}}", "action"),
        ("post", "/login", f"{{responses: {DONE}}}", "action"),
        ("post", "/oauth2/token#refresh", f"{{responses: {DONE}}}", "action"),
        ("put", "/orders/{id}", f"{{responses: {DONE}}}", "replace"),
        ("patch", "/orders/{id}", f"{{responses: {DONE}}}", "update"),
        ("delete", "/orders/{id}", f"{{responses: {DONE}}}", "delete"),
        ("get", "/orders/{id}", answering("{type: object, properties: {lines: {type: array}}}"), "read"),
        ("get", "/orders", answering("{type: array, items: {}}"), "list"),
        ("get", "/customers/{id}", answering("{type: array, items: {}}", "page size"), "list"),
        ("options", "/orders", f"{{responses: {DONE}}}", "other"),
    ],
)
def test_kinds(read: Read, method: str, path: str, text: str, kind: str) -> None:
    assert operations(read, f"'{path}'", method, text).kind == kind


@pytest.mark.parametrize(
    ("method", "path", "purpose"),
    [
        ("post", "/orders/search", "search"),
        ("get", "/search", "search"),
        ("post", "/orders:batchGet", "batch"),
        ("post", "/mail/batch", "batch"),
        ("post", "/auth/login", "login"),
        ("post", "/oauth/token", "login"),
        ("get", "/orders", ""),
        ("post", "/", ""),
    ],
)
def test_purposes(read: Read, method: str, path: str, purpose: str) -> None:
    assert operations(read, f"'{path}'", method, f"{{responses: {DONE}}}").purpose == purpose


def test_hierarchy(read: Read) -> None:
    found = operations(read, "/v2/customers/{id}/orders/{order}", "get", f"{{responses: {DONE}}}")
    assert (found.resource, found.hierarchy, found.is_item) == ("orders", ("customers", "orders"), True)


@pytest.mark.parametrize(
    ("parameters", "style", "size"),
    [
        ("limit cursor", "cursor", "limit"),
        ("pageSize pageToken", "cursor", "pageSize"),
        ("starting_after", "cursor", ""),
        ("limit after", "cursor", "limit"),
        ("after", "", ""),
        ("limit stream_position", "cursor", "limit"),
        ("limit offset", "offset", "limit"),
        ("$top $skip", "offset", "$top"),
        ("page[size] page[number]", "page", "page[size]"),
        ("per_page page", "page", "per_page"),
        ("page", "page", ""),
        ("from to", "", ""),
        ("max_results", "size", "max_results"),
        ("status", "", ""),
    ],
)
def test_paging(read: Read, parameters: str, style: str, size: str) -> None:
    paging = operations(read, "/orders", "get", answering("{type: array, items: {}}", parameters)).paging
    assert (paging.style, paging.size.name if paging.size else "") == (style, size)


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("{type: array, items: {}}", "(root)"),
        ("{properties: {data: {type: array, items: {}}, has_more: {type: boolean}}}", "data"),
        ("{properties: {orders: {type: array, items: {}}, total: {type: integer}}}", "orders"),
        ("{properties: {entries: {type: array, items: {}}, next_marker: {type: string}}}", "entries"),
        ("{oneOf: [{type: string}, {properties: {items: {type: array, items: {}}}}]}", "items"),
        (
            "{allOf: [{properties: {total: {type: integer}}}, {properties: {items: {type: array, items: {}}}}]}",
            "items",
        ),
        ("{properties: {id: {type: string}, name: {type: string}, tags: {type: array, items: {}}}}", None),
        ("{properties: {id: {type: string}}}", None),
    ],
)
def test_where_the_items_are(read: Read, schema: str, name: str | None) -> None:
    items = operations(read, "/orders", "get", answering(schema)).items
    assert (None if items is None else items.name or "(root)") == name


def test_items_under_the_last_word_of_the_path(read: Read) -> None:
    schema = "{properties: {kinds: {type: array}, runs: {type: array}, total: {type: integer}}}"
    items = operations(read, "/evaluation_runs", "get", answering(schema)).items
    assert items is not None
    assert items.name == "runs"


@pytest.mark.parametrize(
    ("schema", "headers", "told"),
    [
        ("{type: array, items: {}}", "", False),
        ("{type: array, items: {}}", "Link", True),
        ("{properties: {data: {type: array}, nextPageToken: {type: string}}}", "", True),
        ("{properties: {data: {type: array}, meta: {properties: {total: {type: integer}}}}}", "", True),
        ("{properties: {data: {type: array}}}", "", False),
    ],
)
def test_how_to_go_on(read: Read, schema: str, headers: str, told: bool) -> None:  # noqa: FBT001
    api = root_of(read(f"{HEAD}paths:\n  /orders:\n    get: {answering(schema, 'limit cursor', headers)}\n"))
    items = understand(api.operations[0]).items
    assert items is not None
    assert has_next(api.operations[0], items) is told


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]}", "Idempotency-Key"),
        ("{parameters: [{name: X-Request-Id, in: header, description: for our logs}]}", ""),
        (
            "{parameters: [{name: X-Request-Id, in: header, description: makes the call idempotent}]}",
            "X-Request-Id",
        ),
        (
            "{requestBody: {content: {application/json: {schema: {properties: {clientToken: {type: string}}}}}}}",
            "clientToken",
        ),
        ("{}", ""),
    ],
)
def test_idempotency(read: Read, text: str, name: str) -> None:
    assert operations(read, "/orders", "post", text).idempotency == name


@pytest.mark.parametrize(
    ("path", "public"),
    [
        ("/healthz", True),
        ("/oauth/token", True),
        ("/users/login", True),
        ("/orders", False),
        ("/loginless", False),
    ],
)
def test_public_by_nature(read: Read, path: str, public: bool) -> None:  # noqa: FBT001
    api = root_of(read(f"{HEAD}paths:\n  {path}:\n    get: {{responses: {DONE}}}\n"))
    assert is_public_by_nature(api.operations[0]) is public


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("/v1/orders", ("v1", 1)),
        ("/api/v2beta1/orders", ("v2beta1", 2)),
        ("//api.shop.example/2.0", ("2.0", 2)),
        ("//v3.api.shop.example/", ("v3", 3)),
        ("/2024-05-01/orders", ("2024-05-01", None)),
        ("/orders/{v1}", None),
        ("/ipv6/addresses", None),
        ("/orders/1", None),
    ],
)
def test_version_in(text: str, version: tuple[str, int | None] | None) -> None:
    assert version_in(text) == version


def test_strategies_of_versions(read: Read) -> None:
    api = root_of(
        read(
            HEAD
            + """
servers: [{url: https://api.shop.example/v1}]
paths:
  /v2/orders:
    get:
      parameters:
      - {name: API-Version, in: header, schema: {type: string}}
      - {name: api-version, in: query, schema: {type: string}}
      responses: {200: {description: ok, content: {application/vnd.shop.v3+json: {}}}}
"""
        )
    )
    assert [(version.strategy, version.major) for version in versions_of(api)] == [
        ("server", 1),
        ("path", 2),
        ("header", None),
        ("query", None),
        ("media-type", None),
    ]


def test_one_path_item_under_two_paths_is_two_operations(read: Read) -> None:
    api = root_of(
        read(
            f"{HEAD}paths:\n  /orders: {{$ref: 'list.yaml'}}\n  /items: {{$ref: 'list.yaml'}}\n",
            list=f"get: {{responses: {DONE}}}",
        )
    )
    assert [understand(one).resource for one in api.operations] == ["orders", "items"]


def test_the_table(read: Read) -> None:
    get = answering(
        "{properties: {data: {type: array, items: {}}, has_more: {type: boolean}}}", "limit cursor"
    )
    text = f"{HEAD}security: [{{key: []}}]\npaths:\n  /v1/orders:\n    get: {get}\n    post: {{responses: {MADE}}}\n"
    assert FORMAT.describe(read(text)) == [
        ("operation", "kind", "resource", "items", "paging", "idempotency", "security", "version"),
        ("GET /v1/orders", "list", "orders", "data", "cursor", "", "key", "v1"),
        ("POST /v1/orders", "create", "orders", "", "", "", "key", "v1"),
    ]
