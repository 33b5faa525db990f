"""A consumer's pact and the provider's contract contradict each other.

## Why is this bad?

One of the two is not true. Either the consumer was tested against an answer that it will never get, or the contract that others build on is out
of date.

## How to fix

Find out what the provider really does, by verifying the pact against it, and correct the other side. What a consumer needs and the contract does
not describe belongs into the contract.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Exchange,
    Good,
    Location,
    OperationFact,
    Problem,
    Related,
    SelectFact,
    ServiceGraph,
    Severity,
    rule,
)
from archlint_rules.contracts import wording
from archlint_rules.contracts.expectations import Fault, Rules, faults
from archlint_rules.contracts.operations import Operations, of_method
from archlint_rules.contracts.providers import Contracts, interactions, json_schema, message_of, response_of

_MOST_FAULTS = 5
_HELP = "correct the pact, or the contract"
_FAILS_FROM = 400
_FAILS_OF_SERVER = 500
_OPERATIONAL = frozenset(
    ("health", "healthz", "actuator", "metrics", "ready", "readyz", "livez", "ping", "status", "info")
)
_OPENAPI = """
openapi: 3.0.3
info: {title: Orders, version: 1.0.0}
servers: [{url: "https://orders.example.com/v1"}]
paths:
  /orders:
    post:
      parameters:
        - {name: tenant, in: query, required: true, schema: {type: string}}
        - {name: paging, in: query, required: true, schema: {type: object, properties: {page: {type: integer}}}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
      responses: {"201": {description: created}, "400": {description: refused}}
  /orders/{id}:
    get:
      responses:
        "200": {description: an order, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
        4XX: {description: refused}
  /orders/latest:
    get:
      responses: {"200": {description: any, content: {application/json: {schema: {type: object}}}}}
components:
  schemas:
    Order:
      type: object
      required: [id, lines]
      properties:
        id: {type: string, readOnly: true}
        kind: {type: string, enum: [new, used]}
        total: {type: number, nullable: true}
        lines: {type: array, items: {type: object, properties: {count: {type: integer}}}}
"""
_PACT = """
consumer: {{name: web}}
provider: {{name: orders}}
interactions:
  - description: the interaction
    {more}request:
      method: {method}
      path: {path}
      query: {query}
      {request}
    response:
      status: {status}
      {response}
metadata: {{pactSpecification: {{version: "{version}"}}}}
"""
_ASYNCAPI = """
asyncapi: 3.0.0
info: {title: orders, version: 1.0.0}
channels:
  placed:
    address: orders.placed
    messages:
      Placed: {payload: {type: object, properties: {id: {type: string}, count: {type: integer}}}}
      Cancelled: {payload: {type: object, properties: {id: {type: string}}}}
operations:
  send: {action: send, channel: {$ref: "#/channels/placed"}}
"""
_MESSAGES = """
consumer: {{name: web}}
provider: {{name: orders}}
messages:
  - description: {description}
    contents: {contents}
    metaData: {{topic: orders.placed}}
metadata: {{pactSpecification: {{version: 3.0.0}}}}
"""


def _http(
    method: str = "get", path: str = "/v1/orders/1", status: str = "200", *, query: str = "{}", **parts: str
) -> dict[str, str]:
    pact = _PACT.format(
        method=method,
        path=path,
        query=query,
        status=status,
        request=parts.get("request", ""),
        response=parts.get("response", ""),
        more=parts.get("more", ""),
        version=parts.get("version", "3.0.0"),
    )
    return {"orders/openapi.yaml": _OPENAPI, "pacts/web-orders.yaml": pact}


def _post(body: str, more: str = "", status: str = "201", query: str = "{tenant: [a]}") -> dict[str, str]:
    return _http("post", "/v1/orders", status, query=query, request=f"body: {body}\n      {more}")


def _message(description: str, contents: str) -> dict[str, str]:
    text = _MESSAGES.format(description=description, contents=contents)
    return {"orders/asyncapi.yaml": _ASYNCAPI, "pacts/web-orders.yaml": text}


@rule(
    id="pact-contradicts-provider-contract",
    category="contracts",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://github.com/pact-foundation/pact-specification",
        "https://docs.pactflow.io/docs/bi-directional-contract-testing",
        "https://github.com/pactflow/swagger-mock-validator",
    ),
    examples=(
        Bad(
            _http(
                path="/v1/customers/1  # <- `web` expects `GET /v1/customers/1`, which the contract of `orders` does not have"
            )
        ),
        Bad(
            _http(
                "delete",
                "/v1/orders/1  # <- `web` expects `DELETE /v1/orders/1`, which the contract of `orders` does not have",
            )
        ),
        Bad(
            _http(
                status="202  # <- `web` expects `202` of `GET /orders/{id}`, which the contract does not have"
            )
        ),
        Bad(
            _http(
                response="body: {lines: none}  # <- `web` expects `lines` of `GET /orders/{id}` as a string, the contract has an array"
            )
        ),
        Bad(
            _http(
                response="body: {lines: [{price: 1}]}  # <- `web` expects `lines[].price` of `GET /orders/{id}`, which the contract does not describe"
            )
        ),
        Bad(
            _http(
                response="body: {kind: gift}  # <- `web` expects `kind` of `GET /orders/{id}` as `gift`, which the contract does not list"
            )
        ),
        Bad(_post("{kind: new}  # <- `web` sends no `lines` to `POST /orders`, which the contract requires")),
        Bad(
            _post(
                "{lines: [{count: many}]}  # <- `web` sends `lines[].count` to `POST /orders` as a string, the contract has an integer"
            )
        ),
        Bad(
            _http(
                "post",
                "/v1/orders  # <- `web` sends no query parameter `tenant` to `POST /orders`, which the contract requires",
                "201",
                request="body: {lines: []}",
            )
        ),
        Bad(
            _http(
                path="/v1/customers/1  # <- `web` expects `GET /v1/customers/1`",
                more="pending: true\n    type: Synchronous/HTTP\n    ",
                version="4.0",
            ),
            "a warning, as long as it is pending",
        ),
        Bad(
            _message(
                "order placed",
                "{count: one}  # <- `web` expects `count` of `Placed` as a string, the contract has an integer",
            )
            | {
                "orders/asyncapi.yaml": _ASYNCAPI.replace(
                    "      Cancelled: {payload: {type: object, properties: {id: {type: string}}}}\n", ""
                )
            },
            "the only message of the topic",
        ),
        Bad(
            _message(
                "placed",
                "{total: 1}  # <- `web` expects `total` of `Placed`, which the contract does not describe",
            )
        ),
        Good(
            _http(response="body: {id: a, total: null, lines: [{count: 1}]}"),
            "a part of what the provider sends",
        ),
        Good(_http(response='body: ""'), "an empty body"),
        Good(_http(path="/v1/orders/latest", response="body: {any: 1}"), "the most specific template"),
        Good(_http(path="/orders/1"), "without the path of the server"),
        Good(_http(path="/api/orders/1"), "behind a gateway's prefix"),
        Good(_http(status="404"), "a range of status codes"),
        Good(_post("{kind: 5}", status="400", query="{}"), "a request that is meant to be refused"),
        Good(_post("{lines: []}", query='{"tenant[name]": [a]}'), "an object, one key at a time"),
        Good(
            _post("{lines: []}", query="tenant=a"),
            "what the provider sets is not required of consumers; versions 1 and 2",
        ),
        Good(
            _http(
                response='body: {kind: string}\n      matchingRules: {body: {"$.kind": {matchers: [{match: type}]}}}'
            ),
            "only the type of the example is expected",
        ),
        Good(
            _http(
                response='body: {kind: any}\n      matchingRules: {$.body.kind: {match: regex, regex: "[a-z]+"}}',
                version="2.0.0",
            ),
            "any value that fits the expression",
        ),
        Good(
            _http(
                response='body: {lines: {a: 1}}\n      matchingRules: {body: {"$.lines": {matchers: [{match: values}]}}}'
            ),
            "the keys of the example are not what is expected",
        ),
        Good(_message("something happened", "{total: 1}"), "one of several messages, nobody knows which"),
        Good(_http(path="/v1/health"), "what is for operators is in no contract"),
        Good(
            {"pacts/web-orders.yaml": _http(path="/v1/customers/1")["pacts/web-orders.yaml"]},
            "no contract is known",
        ),
    ),
)
def pact_contradicts_provider_contract(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report interactions that a provider's description of its HTTP API or of its messages rules out."""
    del context
    contracts = Contracts(graph)
    for interaction in interactions(graph):
        if "Interaction" in interaction:
            yield from _http_problems(interaction, contracts)
        elif "Message" in interaction:
            yield from _message_problems(interaction["Message"], contracts)


@dataclass(frozen=True, slots=True)
class _Found:
    """A contradiction on its way to a problem."""

    text: str
    at: Location
    help: str
    severity: Severity | None = None


def _http_problems(parts: dict[str, SelectFact], contracts: Contracts) -> Iterator[Problem]:
    fact = parts["Interaction"]
    consumer, provider = fact.name, fact.target[1] if fact.target else ""
    method, path = str(fact.spec.get("method")), str(fact.spec.get("path"))
    apis, confidence = contracts.of(provider)
    if not apis or not path.startswith("/") or "{{" in path or "${" in path:
        return
    found = [(operation, api) for api in apis if (operation := of_method(api.at(path), method))]
    if not found:
        if not _OPERATIONAL & set(path.lower().split("/")) and method != "OPTIONS":
            text = f"`{consumer}` expects `{method} {wording.short(path)}`, which the contract of `{provider}` does not have"
            missing = _Found(text, fact.at, "correct the pact, or add the operation to the contract")
            yield _problem(missing, fact, apis[0].api.at, confidence)
        return
    judged = [(list(_exchange_faults(parts, operation, api)), operation) for operation, api in found]
    problems, operation = min(judged, key=lambda entry: len(entry[0]))
    for one in problems[:_MOST_FAULTS]:
        yield _problem(one, fact, operation.at, confidence)


def _exchange_faults(
    parts: dict[str, SelectFact], operation: OperationFact, api: Operations
) -> Iterator[_Found]:
    fact, exchange = parts["Interaction"], operation.exchange
    if exchange is None:
        return
    consumer, name, shapes = fact.name, operation.name, api.api.shapes
    status = fact.spec.get("status")
    said = response_of(exchange.responses, status) if isinstance(status, int) else None
    if isinstance(status, int) and said is None and exchange.responses and "Status" in parts:
        yield _Found(
            f"`{consumer}` expects `{status}` of `{name}`, which the contract does not have",
            parts["Status"].at,
            "correct the pact, or add the response to the contract",
            Severity.WARNING if status >= _FAILS_OF_SERVER or not _tells_success(exchange) else None,
        )
    if not isinstance(status, int) or status < _FAILS_FROM:
        sent = set(fact.spec["query"]) if isinstance(fact.spec.get("query"), list) else set()
        for parameter in exchange.query:
            if parameter not in sent:
                yield _Found(
                    f"`{consumer}` sends no query parameter `{parameter}` to `{name}`, which the contract requires",
                    fact.at,
                    "send the parameter, or make it optional in the contract",
                )
        for fault, at in _body_faults(parts.get("Request"), json_schema(exchange.request), shapes, sent=True):
            yield _Found(wording.sent(consumer, name, fault), at, _HELP, _weight(fault))
    for fault, at in _body_faults(parts.get("Response"), json_schema(said or {}), shapes, sent=False):
        yield _Found(wording.expected(consumer, name, fault), at, _HELP, _weight(fault))


def _weight(fault: Fault) -> Severity | None:
    """Return the severity of *fault*: many contracts do not say that a value may be null."""
    return Severity.WARNING if fault.kind == "type" and fault.found == "null" else None


def _tells_success(exchange: Exchange) -> bool:
    """Tell whether the contract describes answers to what succeeds; many name the failures only."""
    return any(status[:1] in {"2", "3", "d"} for status in exchange.responses)


def _body_faults(
    part: SelectFact | None, schema: Any, shapes: Any, *, sent: bool
) -> Iterator[tuple[Fault, Location]]:
    if part is not None and schema:
        for fault in faults(part.spec.get("body"), schema, shapes, _rules(part), sent=sent):
            yield fault, part.at


def _message_problems(fact: SelectFact, contracts: Contracts) -> Iterator[Problem]:
    consumer, provider = fact.name, fact.target[1] if fact.target else ""
    message = message_of(fact, contracts.sent_by(provider)) if "body" in fact.spec else None
    if message is None or not isinstance(message.payload, dict):
        return
    found = list(faults(fact.spec["body"], message.payload, {}, _rules(fact), sent=False))
    for fault in found[:_MOST_FAULTS]:
        one = _Found(
            wording.expected(consumer, message.name, fault),
            fact.at,
            "correct the pact, or the description of the message",
        )
        yield _problem(one, fact, message.at, Confidence.CONFIGURED)


def _problem(found: _Found, fact: SelectFact, contract: Location, confidence: Confidence) -> Problem:
    pending = fact.spec.get("pending") is True
    provider = fact.target[1] if fact.target else ""
    return Problem(
        found.text,
        found.at,
        help=found.help,
        related=(Related("the contract", contract),),
        severity=Severity.WARNING if pending else found.severity,
        confidence=confidence,
        identity=("pact", fact.name, provider, str(fact.spec.get("description")), found.text),
    )


def _rules(fact: SelectFact) -> Rules:
    written = fact.spec.get("rules")
    return [(tuple(path), kind) for path, kind in written] if isinstance(written, list) else []
