"""A query model that writes, or that nothing keeps up to date.

## Why is this bad?

A read model with commands of its own has two places that decide what is true. One that hears no events of what it shows is filled by something
that nobody can see, and goes stale unnoticed.

## How to fix

Send commands to the service behind it, and fill the read model from that service's events or change data capture.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Datastore,
    Good,
    OperationFact,
    Problem,
    Related,
    Service,
    Severity,
    key_words,
    rule,
)

_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "QUERY"))
_READING = frozenset(
    ("SEARCH", "SEARCHES", "QUERY", "QUERIES", "FIND", "FILTER", "LOOKUP", "LIST", "GET", "COUNT", "EXPORT", "REPORT", "REPORTS", "SUGGEST", "AUTOCOMPLETE", "PREVIEW", "GRAPHQL", "BATCHGET", "MGET")
)  # fmt: skip
_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/{name}
{more}
"""
_OPENAPI = """
openapi: 3.1.0
info: {{title: Order history, version: 1.0.0}}
paths:
  {path}:
    {method}:{marker}
      operationId: {name}
      responses: {{"200": {{description: done}}}}
"""


def _files(more: str, sends: str = "orders.events") -> dict[str, str]:
    return {
        "orders/archlint-service.yaml": _MANIFEST.format(
            name="orders", more=f"channels: [{{channel: {sends}, action: send}}]"
        ),
        "history/archlint-service.yaml": _MANIFEST.format(name="history", more=more),
    }


def _api(path: str, method: str, name: str, marker: str = "") -> dict[str, str]:
    return _files("queryModelOf: component:default/orders\napis: [{contract: openapi.yaml}]") | {
        "history/openapi.yaml": _OPENAPI.format(path=path, method=method, name=name, marker=marker)
    }


_STORE = "data: [{type: postgres, id: history, access: rw}]"


@rule(
    id="cqrs-declaration-violated",
    category="services",
    severity=Severity.WARNING,
    subject=Service,
    since="0.1.0",
    profile="strict",
    references=(
        "https://martinfowler.com/bliki/CQRS.html",
        "https://learn.microsoft.com/en-us/azure/architecture/patterns/cqrs",
    ),
    applies=lambda service: isinstance(service.extra.get("queryModelOf"), str),
    examples=(
        Bad(
            _api(
                "/orders",
                "post",
                "placeOrder",
                "  # <- `history` is the query model of `orders` and has `POST /orders`",
            )
        ),
        Bad(
            _files(
                "channels: [{channel: stock.events, action: receive}]\n"
                "queryModelOf: component:default/orders\n"
                "data:\n  - {type: postgres, id: history, access: rw}  # <- `history` is the query model of `orders` and receives none of its events"
            )
        ),
        Good(
            _files(f"queryModelOf: orders\n{_STORE}\nchannels: [{{channel: orders.events, action: receive}}]")
        ),
        Good(_files(f"queryModelOf: orders\n{_STORE}"), "nothing is known of what it receives"),
        Good(
            _files("queryModelOf: orders\nchannels: [{channel: stock.events, action: receive}]"),
            "without a store of its own, it asks",
        ),
        Good(_api("/orders/search", "post", "searchOrders"), "a search that needs a body"),
        Good(_api("/orders", "get", "listOrders")),
        Good(_files(_STORE), "views on one database are no query model that somebody declares"),
    ),
)
def cqrs_declaration_violated(service: Service, context: Context) -> Iterator[Problem]:
    """Report declared query models with operations that change something, or with a store that no event of the other side reaches."""
    declared = str(service.extra.get("queryModelOf"))
    origin = context.graph.named(declared)
    name = origin.name if origin else declared.rpartition("/")[2].rpartition(":")[2]
    writing = [
        operation for api in service.apis for operation in api.operations if not _only_reads(operation)
    ]
    if writing:
        yield Problem(
            f"`{service.name}` is the query model of `{name}` and has `{writing[0].name}`",
            writing[0].at,
            help="send commands to the service behind it",
            related=tuple(Related(f"and `{other.name}`", other.at) for other in writing[1:]),
            confidence=Confidence.CONFIGURED,
            identity=("cqrs-writes", service.id),
        )
    if origin is not None and origin is not service:
        yield from _unfed(service, origin, context)


def _unfed(service: Service, origin: Service, context: Context) -> Iterator[Problem]:
    """Yield the store of *service* that nothing fills from *origin*, as far as both say what they send and receive."""
    graph = context.graph
    stores = [
        edge
        for edge in graph.outgoing(service)
        if isinstance(edge.target, Datastore) and edge.target.kind in {"db", "search", "cache"}
    ]
    theirs = {edge.target.id for edge in graph.outgoing(origin)}
    own = [edge for edge in stores if edge.target.id not in theirs]
    if not own or len(own) < len(stores):
        return
    received = {edge.target.id for edge in graph.outgoing(service) if edge.kind == "consumes"}
    sent = {edge.target.id for edge in graph.outgoing(origin) if edge.kind == "produces"}
    known = (received and sent) or context.complete(own[0].location.path)
    if not known or received & sent or _is_copied(own[0].target, origin, service, context):
        return
    yield Problem(
        f"`{service.name}` is the query model of `{origin.name}` and receives none of its events",
        own[0].location,
        help="fill it from events or change data capture, and declare that",
        confidence=Confidence.CONFIGURED,
        identity=("cqrs-unfed", service.id),
    )


def _is_copied(store: object, origin: Service, service: Service, context: Context) -> bool:
    """Tell whether change data capture or something else between the two fills the store, or *service* asks *origin* itself."""
    graph = context.graph
    asks = any(edge.kind == "calls" and edge.target is origin for edge in graph.outgoing(service))
    told = any(edge.kind == "calls" and edge.target is service for edge in graph.outgoing(origin))
    others = isinstance(store, Datastore) and any(
        edge.source is not service for edge in graph.incoming(store)
    )
    return asks or told or others


def _only_reads(operation: OperationFact) -> bool:
    if operation.method.upper() in _SAFE_METHODS or not operation.method:
        return True
    last = operation.path.rstrip("/").rpartition("/")[2]
    words = {*key_words(last).split("_"), *key_words(operation.operation_id).split("_")[:1]}
    return operation.method.upper() == "POST" and bool(words & _READING)
