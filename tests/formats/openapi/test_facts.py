"""Facts: what a description says of the system, and the styles that are compared across APIs."""

from collections.abc import Callable

import pytest

from archlint.api import ApiFact, Document
from archlint.formats.openapi import FORMAT
from archlint.formats.openapi.styles import case_of

type Read = Callable[..., Document]

HEAD = 'openapi: 3.1.0\ninfo: {title: Orders, version: "2.1"}\n'


def fact(document: Document) -> ApiFact:
    found = list(FORMAT.facts(document))
    assert len(found) == 1
    assert isinstance(found[0], ApiFact)
    return found[0]


def test_an_api(read: Read) -> None:
    api = fact(
        read(
            f"""{HEAD}
x-audience: company-internal
servers: [{{url: https://api.shop.example/v2}}]
security: [{{key: []}}]
paths:
  /orders:
    post:
      operationId: placeOrder
      parameters: [{{name: Idempotency-Key, in: header, schema: {{type: string}}}}]
      responses: {{201: {{description: made}}}}
    patch: {{deprecated: true, security: [], responses: {{200: {{description: ok}}}}}}
"""
        )
    )
    assert (api.title, api.version, api.visibility) == ("Orders", "2.1", "internal")
    assert api.servers == ("https://api.shop.example/v2",)
    assert [
        (one.name, one.operation_id, one.deprecated, one.idempotent, one.secured) for one in api.operations
    ] == [
        ("POST /orders", "placeOrder", False, True, True),
        ("PATCH /orders", "", True, False, False),
    ]
    assert api.traits["version-strategy"][0][0] == "url"


def test_nothing_to_call_is_no_api(read: Read) -> None:
    assert list(FORMAT.facts(read(f"{HEAD}components: {{schemas: {{A: {{type: string}}}}}}\n"))) == []


def test_shapes_of_schemas(read: Read) -> None:
    text = HEAD + "paths: {/a: {get: {responses: {200: {description: ok}}}}}\ncomponents:\n  schemas:\n"
    one = fact(read(text + "    A: {properties: {a: {type: string, description: x}, b: {type: integer}}}\n"))
    two = fact(read(text + "    A: {properties: {b: {type: integer}, a: {type: string}}}\n"))
    other = fact(read(text + "    A: {properties: {a: {type: string}, b: {type: string}}}\n"))
    assert one.schemas["A"][0] == two.schemas["A"][0] != other.schemas["A"][0]


def styles(read: Read, body: str) -> dict[str, str]:
    paths = "paths: {/a: {get: {responses: {200: {description: ok}}}}}\n" if "paths:" not in body else ""
    return {name: values[0][0] for name, values in fact(read(HEAD + paths + body)).traits.items() if values}


def schemas(*properties: str) -> str:
    entries = "".join(f"    S{index}: {{properties: {{{text}}}}}\n" for index, text in enumerate(properties))
    return f"components:\n  schemas:\n{entries}"


@pytest.mark.parametrize(
    ("body", "trait", "value"),
    [
        (schemas(*["id: {type: integer}"] * 3), "identifier", "integer"),
        (schemas(*["id: {type: string, format: uuid}"] * 3), "identifier", "uuid"),
        (schemas(*["id: {type: integer}"] * 2), "identifier", None),
        (schemas(*["id: {type: integer}"] * 2, *["id: {type: string}"] * 2), "identifier", None),
        (schemas(*["id: {type: [integer, 'null']}"] * 3), "identifier", None),
        (schemas(*["createdAt: {type: string, format: date-time}"] * 3), "timestamp", "date-time"),
        (schemas(*["created_at: {type: integer}"] * 3), "timestamp", "number"),
        (schemas(*["first_name: {}, last_name: {}"] * 4), "property-case", "snake_case"),
        (schemas(*["firstName: {}, lastName: {}"] * 4), "property-case", "camelCase"),
        (schemas(*["first: {}, last: {}"] * 8), "property-case", None),
    ],
)
def test_styles_of_schemas(read: Read, body: str, trait: str, value: str | None) -> None:
    assert styles(read, body).get(trait) == value


@pytest.mark.parametrize(
    ("media", "schema", "shape"),
    [
        ("application/problem+json", "{type: object}", "problem details"),
        ("application/json", "{properties: {type: {}, title: {}, status: {}}}", "problem details"),
        ("application/json", "{properties: {message: {}, code: {}}}", "{code, message}"),
        ("application/json", "{type: object}", None),
    ],
)
def test_formats_of_errors(read: Read, media: str, schema: str, shape: str | None) -> None:
    answers = ", ".join(
        f"{status}: {{description: broken, content: {{{media}: {{schema: {schema}}}}}}}"
        for status in ("400", "404", "default")
    )
    assert styles(read, f"paths: {{/a: {{get: {{responses: {{{answers}}}}}}}}}\n").get("error") == shape


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("orderId", "camelCase"),
        ("order_id", "snake_case"),
        ("order-id", "kebab-case"),
        ("OrderId", "PascalCase"),
        ("order", ""),
        ("ORDER_ID", ""),
        ("Order", ""),
    ],
)
def test_cases(name: str, case: str) -> None:
    assert case_of(name) == case
