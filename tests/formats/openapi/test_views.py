"""Views: one shape for Swagger 2.0 and OpenAPI 3.0 to 3.2, wherever a definition stands."""

from collections.abc import Callable

import pytest

from archlint.api import Document
from archlint.formats.openapi import FORMAT, OpenAPI, Operation, root_of

type Read = Callable[..., Document]

SWAGGER = """
    swagger: "2.0"
    info: {title: Orders, version: "1"}
    host: api.shop.example
    basePath: /v1
    schemes: [https, http]
    consumes: [application/json]
    securityDefinitions:
      basic: {type: basic}
      login: {type: oauth2, flow: accessCode, authorizationUrl: "https://a.example", tokenUrl: "https://t.example", scopes: {}}
    security: [{basic: []}]
    paths:
      /orders:
        parameters:
        - {name: tenant, in: header, type: string}
        post:
          operationId: createOrder
          produces: [application/xml]
          parameters:
          - {name: order, in: body, required: true, schema: {$ref: "#/definitions/Order"}}
          responses:
            201: {description: made, schema: {$ref: "#/definitions/Order"}}
    definitions:
      Order: {type: object, required: [id], properties: {id: {type: string}}}
    """
OPENAPI = """
    openapi: 3.0.3
    info: {title: Orders, version: "1"}
    servers:
    - url: "{scheme}://api.shop.example/v1"
      variables: {scheme: {default: https}}
    - {url: "http://api.shop.example/v1"}
    security: [{basic: []}]
    paths:
      /orders:
        parameters:
        - {name: tenant, in: header, schema: {type: string}}
        post:
          operationId: createOrder
          requestBody: {$ref: "#/components/requestBodies/Order"}
          responses:
            201: {description: made, content: {application/xml: {schema: {$ref: "#/components/schemas/Order"}}}}
    components:
      requestBodies:
        Order: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      schemas:
        Order: {type: object, required: [id], properties: {id: {type: string}}}
      securitySchemes:
        basic: {type: http, scheme: basic}
        login:
          type: oauth2
          flows: {authorizationCode: {authorizationUrl: "https://a.example", tokenUrl: "https://t.example", scopes: {}}}
    """


def operation(api: OpenAPI, name: str) -> Operation:
    return next(found for found in api.operations if found.name == name)


@pytest.mark.parametrize("text", [SWAGGER, OPENAPI], ids=["swagger", "openapi"])
def test_versions_look_the_same(read: Read, text: str) -> None:
    api = root_of(read(text))
    assert [url for url, _ in api.servers] == ["https://api.shop.example/v1", "http://api.shop.example/v1"]
    assert {name: scheme.type for name, scheme in api.schemes.items()} == {"basic": "http", "login": "oauth2"}
    assert list(api.schemes["login"].flows) == ["authorizationCode"]
    post = operation(api, "POST /orders")
    assert post.id == "createOrder"
    assert [(parameter.name, parameter.place) for parameter in post.parameters] == [("tenant", "header")]
    assert post.parameters[0].schema is not None
    assert post.parameters[0].schema.types == {"string"}
    assert post.body is not None
    assert list(post.body.content) == ["application/json"]
    assert [schema.reference_name for schema in post.body.schemas] == ["Order"]
    assert list(post.responses) == ["201"]
    assert list(post.responses["201"].content) == ["application/xml"]
    assert post.responses["201"].schemas[0].required == {"id"}
    assert post.security == [{"basic": []}]
    assert not post.has_own_security


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ('swagger: "2.0"', "swagger 2.0"),
        ("swagger: 2.0", "swagger 2.0"),
        ("openapi: 3.0.3", "openapi 3.0"),
        ("openapi: 3.2.0", "openapi 3.2"),
        ("openapi: 3.9.1", "openapi 3.9"),
        ("openapi: latest\npaths: {}", "openapi latest"),
        ("openapi: true", ""),
        ("asyncapi: 3.0.0", ""),
        ("- openapi", ""),
    ],
)
def test_recognised_by_its_first_keys(read: Read, head: str, kind: str) -> None:
    assert FORMAT.sniff(read(head)) == kind


def test_an_operation_wins_over_its_path(read: Read) -> None:
    api = root_of(
        read(
            """
            openapi: 3.1.0
            info: {title: Orders, version: "1"}
            servers: [{url: https://all.example}]
            security: [{key: []}]
            paths:
              /orders:
                servers: [{url: https://path.example}]
                parameters:
                - {name: limit, in: query, schema: {type: string}}
                - {name: tenant, in: query, schema: {type: string}}
                get:
                  security: []
                  parameters:
                  - {name: limit, in: query, schema: {type: integer}}
                post:
                  servers: [{url: https://own.example}]
            """
        )
    )
    get, post = api.operations
    assert [(one.name, set(one.schema.types) if one.schema else set()) for one in get.parameters] == [
        ("limit", {"integer"}),
        ("tenant", {"string"}),
    ]
    assert (get.security, get.has_own_security) == ([], True)
    assert post.security == [{"key": []}]
    assert [[url for url, _ in one.servers] for one in (get, post)] == [
        ["https://path.example"],
        ["https://own.example"],
    ]


def test_openapi_3_2(read: Read) -> None:
    api = root_of(
        read(
            """
            openapi: 3.2.0
            info: {title: Orders, version: "1"}
            paths:
              /orders:
                query: {responses: {200: {description: found}}}
                additionalOperations:
                  COPY: {responses: {200: {description: copied}}}
                get:
                  responses:
                    200:
                      description: a stream
                      content: {application/jsonl: {itemSchema: {type: object, properties: {id: {type: string}}}}}
            """
        )
    )
    assert [one.name for one in api.operations] == ["QUERY /orders", "GET /orders", "COPY /orders"]
    get = operation(api, "GET /orders")
    assert list(get.responses["200"].schemas[0].properties) == ["id"]
    assert operation(api, "COPY /orders").pointer == ("paths", "/orders", "additionalOperations", "COPY")


def test_requests_that_the_api_sends_are_apart(read: Read) -> None:
    api = root_of(
        read(
            """
            openapi: 3.1.0
            info: {title: Orders, version: "1"}
            paths:
              /subscriptions:
                post:
                  callbacks:
                    placed:
                      "{$request.body#/url}":
                        post: {responses: {200: {description: taken}}}
                    x-note: {post: {}}
                  responses: {201: {description: made}}
            webhooks:
              shipped:
                post: {responses: {200: {description: taken}}}
            """
        )
    )
    assert [one.name for one in api.operations] == ["POST /subscriptions"]
    assert [(one.name, one.kind) for one in api.webhooks] == [("POST shipped", "webhook")]
    assert [one.kind for one in api.callbacks] == ["callback"]


def test_definitions_in_other_files(read: Read) -> None:
    api = root_of(
        read(
            """
            openapi: 3.0.3
            info: {title: Orders, version: "1"}
            paths:
              /orders: {$ref: "paths/orders.yaml"}
              /missing: {$ref: "paths/missing.yaml"}
            """,
            paths__orders="""
            get:
              parameters:
              - $ref: "../common.yaml#/limit"
              responses:
                200:
                  description: all
                  content: {$ref: "../common.yaml#/content"}
            """,
            common="""
            limit: {name: limit, in: query, schema: {type: integer}}
            content:
              application/json:
                schema: {type: array, items: {$ref: "#/Order"}}
            Order: {type: object, properties: {id: {type: string}}}
            """,
        )
    )
    assert [one.name for one in api.operations] == ["GET /orders"]
    get = api.operations[0]
    assert (get.document.path, get.pointer) == ("paths/orders.yaml", ("get",))
    assert (get.parameters[0].document.path, get.parameters[0].pointer) == ("common.yaml", ("limit",))
    array = get.responses["200"].schemas[0]
    assert array.is_array
    assert array.element is not None
    assert array.element.location.path == "common.yaml"
    assert array.element.pointer == ("Order",)


def test_internal_by_extension(read: Read) -> None:
    head = 'openapi: 3.1.0\ninfo: {title: Orders, version: "1"'
    assert root_of(read(head + ", x-audience: component-internal}")).is_internal
    assert root_of(read(head + "}\nx-internal: true")).is_internal
    assert not root_of(read(head + ", x-audience: external-public}")).is_internal


def test_what_stands_where_something_else_belongs_is_left_out(read: Read) -> None:
    api = root_of(
        read(
            """
            openapi: 3.1.0
            info: nothing
            servers: https://shop.example
            paths:
              /a: text
              /b: {get: [], post: {parameters: {a: 1}, responses: [], requestBody: text, security: text, tags: 1}}
              no-path: {get: {}}
            webhooks: [1]
            components: {securitySchemes: {a: text}, schemas: {A: text}}
            """
        )
    )
    assert [one.name for one in api.operations] == ["POST /b"]
    post = api.operations[0]
    assert (post.parameters, post.body, post.responses, post.security, post.tags) == ([], None, {}, [], [])
    assert (api.servers, api.schemes, api.webhooks, api.title) == ([], {}, [], "")
