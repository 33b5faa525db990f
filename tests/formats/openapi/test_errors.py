"""What is understood of an API's error bodies and of what its requests carry."""

from collections.abc import Callable

from archlint.api import Document
from archlint.formats.openapi import root_of
from archlint.formats.openapi.errors import error_bodies, is_oauth
from archlint.formats.openapi.requests import batch_array, is_batch, request_schemas

type Read = Callable[..., Document]

_ERRORS = """
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
paths:
  /orders:
    get:
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: object, properties: {id: {}}}}}}
        "400": {$ref: "#/components/responses/Fault"}
        "404": {$ref: "#/components/responses/Fault"}
        default: {description: no, content: {application/problem+json: {schema: {type: object, properties: {title: {}}}}}}
    put:
      responses:
        default: {description: ok, content: {application/json: {schema: {type: object, properties: {id: {}}}}}}
  /oauth/token:
    post:
      responses:
        "400": {description: no, content: {application/json: {schema: {type: object, properties: {error: {}}}}}}
  /health:
    get:
      responses:
        "503": {description: no, content: {application/json: {schema: {type: object, properties: {checks: {}}}}}}
components:
  responses:
    Fault:
      description: no
      content:
        application/json:
          schema: {type: object, properties: {error: {type: object, properties: {code: {}, message: {}}}}}
"""

_REQUESTS = """
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
paths:
  /orders:
    post:
      requestBody: {content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}}}
      responses: {"201": {description: ok}}
    patch:
      requestBody:
        content:
          application/json: {schema: {type: array, items: {type: object, properties: {op: {}, path: {}}}}}
      responses: {"200": {description: ok}}
  /orders/batch:
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {orders: {type: array}}}}}}
      responses: {"200": {description: ok}}
  /batches/{batch_id}:
    put:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses: {"200": {description: ok}}
components:
  schemas:
    Order: {type: object, properties: {next: {$ref: "#/components/schemas/Order"}}}
"""


def test_error_bodies_are_seen_once_where_they_are_defined(read: Read) -> None:
    bodies = error_bodies(root_of(read(_ERRORS)))
    assert [(body.operation.name, body.response.status) for body in bodies] == [
        ("GET /orders", "400"),
        ("GET /orders", "default"),
    ]


def test_error_bodies_are_told_apart_by_form(read: Read) -> None:
    fault, problem = error_bodies(root_of(read(_ERRORS)))
    assert (fault.is_google_status, fault.is_problem, fault.looks) == (True, False, "error")
    assert (problem.is_google_status, problem.is_problem) == (False, True)


def test_endpoints_of_oauth_are_known(read: Read) -> None:
    operations = {operation.name: operation for operation in root_of(read(_ERRORS)).operations}
    assert is_oauth(operations["POST /oauth/token"])
    assert not is_oauth(operations["GET /orders"])


def test_batches_are_lists_of_objects_or_named_so(read: Read) -> None:
    operations = {operation.name: operation for operation in root_of(read(_REQUESTS)).operations}
    assert {name for name, operation in operations.items() if is_batch(operation)} == {
        "POST /orders",
        "POST /orders/batch",
    }
    assert {name for name, operation in operations.items() if batch_array(operation)} == {"POST /orders"}


def test_request_schemas_are_walked_once_though_they_are_circular(read: Read) -> None:
    found = request_schemas(root_of(read(_REQUESTS)))
    assert len({schema for schema, _ in found}) == len(found)
    assert sum(schema.reference_name == "Order" for schema, _ in found) == 1
