"""A link between operations that leads nowhere.

## Why is this bad?

Tools and people follow links to learn what to do with an answer. A link to an operation that is not there, or with a parameter that the
operation does not take, breaks code generators and misleads readers; mostly the operation was renamed and the link forgotten.

## How to fix

Name an operation that exists, and its parameters as it calls them.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from archlint.api import Bad, Context, Good, Problem, Related, Severity, Unresolved, rule
from archlint.formats.openapi import OpenAPI, Operation
from archlint.formats.openapi.content import Link

_PLACES = ("path.", "query.", "header.", "cookie.")

_SPEC = """
openapi: 3.0.3
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    post:
      operationId: createOrder
      responses:
        "201":
          description: Made
          links:
            order:
              {target}
              parameters:
                {parameter}
  /orders/{{id}}:
    parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]
    get:
      operationId: getOrder
      responses: {{"200": {{description: ok}}}}
"""


def _spec(target: str = "operationId: getOrder", parameter: str = "id: $response.body#/id") -> str:
    return _SPEC.format(target=target, parameter=parameter)


@rule(
    id="openapi-link-dangling",
    category="api",
    severity=Severity.ERROR,
    subject=OpenAPI,
    since="0.1.0",
    references=("https://spec.openapis.org/oas/v3.1.1.html#link-object",),
    examples=(
        Bad(_spec("operationId: readOrder  # <- link `order` leads to `readOrder`, which is no operation")),
        Bad(
            _spec(
                "operationRef: '#/paths/~1orders~1{no}/get'  # <- link `order` leads to `#/paths/~1orders~1{no}/get`, where nothing"
            )
        ),
        Bad(
            _spec(
                parameter="orderId: $response.body#/id  # <- link `order` sets `orderId`, which `GET /orders/{id}` does not take"
            )
        ),
        Good(_spec()),
        Good(
            _spec("operationRef: '#/paths/~1orders~1{id}/get'", "path.id: $response.body#/id"),
            "with the parameter's place",
        ),
        Good(
            _spec("operationRef: 'https://stock.example/openapi.yaml#/paths/~1items/get'"),
            "another API is not fetched",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  operationId: listOrders
                  parameters: [{$ref: "parameters.yaml#/page"}]
                  responses:
                    "200":
                      description: ok
                      links: {next: {operationId: listOrders, parameters: {page: $response.body#/next}}}
            """,
            "a parameter may be declared in a file that is not here",
        ),
    ),
)
def openapi_link_dangling(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report links whose operation does not exist, or whose parameters the operation does not have."""
    del context
    by_id = {operation.id: operation for operation in api.operations if operation.id}
    by_node = {(operation.document.path, operation.pointer): operation for operation in api.operations}
    seen = set()
    for operation in api.operations:
        for response in operation.responses.values():
            for link in response.links:
                if link not in seen:
                    seen.add(link)
                    yield from _check(link, by_id, by_node)


def _check(
    link: Link, by_id: dict[str, Operation], by_node: dict[tuple[str, tuple[str | int, ...]], Operation]
) -> Iterator[Problem]:
    name, reference = link.get("operationId"), link.get("operationRef")
    target: Operation | None = None
    if isinstance(name, str):
        target = by_id.get(name)
        if target is None:
            near = get_close_matches(name, by_id, 1)
            yield Problem(
                f"link `{link.name}` leads to `{name}`, which is no operation",
                link.at("operationId"),
                help=f"did you mean `{near[0]}`?" if near else "name the `operationId` of an operation",
            )
    elif isinstance(reference, str) and reference.startswith("#"):
        found = link.document.resolve(reference)
        if isinstance(found, Unresolved):
            message = f"link `{link.name}` leads to `{reference}`, where nothing stands"
            yield Problem(
                message, link.at("operationRef"), help="name an operation, as `#/paths/~1orders/get`"
            )
        else:
            target = by_node.get((found.document.path, found.pointer))
    if target is None or not target.knows_parameters:
        return
    taken = {parameter.name for parameter in target.all_parameters}
    for written in link.mapping("parameters"):
        if written not in taken and not (written.startswith(_PLACES) and written.partition(".")[2] in taken):
            yield Problem(
                f"link `{link.name}` sets `{written}`, which `{target.name}` does not take",
                link.at("parameters", written, on_key=True),
                help="name one of its parameters" if taken else "",
                related=(Related(f"`{target.name}` is declared here", target.key),),
            )
