"""Long-lived connections on several replicas that share nothing.

## Why is this bad?

A message that arrives at one replica reaches only the clients that happen to be connected to it. Whether somebody hears of an event depends on
luck, and a test with one replica sees nothing of it.

## How to fix

Let replicas pass messages on through a backplane (Redis, NATS, Kafka, RabbitMQ), or declare `realtime: none` where every stream is computed
for its own client.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Datastore,
    Good,
    Location,
    Problem,
    Related,
    SelectFact,
    Service,
    ServiceGraph,
    Severity,
    Topic,
    rule,
)

_BACKPLANES = frozenset(("redis", "nats", "kafka", "rabbitmq", "pulsar", "mqtt", "activemq"))
_SOCKETS = frozenset(("ws", "wss"))
_ASYNCAPI = """
asyncapi: 3.0.0
info: {title: chat, version: 1.0.0}
servers: {main: {host: chat.example.com, protocol: wss}}
channels:
  rooms:
    address: /rooms
    messages: {Said: {payload: {type: object}}}
operations:
  say:MARKER
    action: send
    channel: {$ref: "#/channels/rooms"}
"""
_OPENAPI = """
openapi: 3.1.0
info: {title: chat, version: 1.0.0}
paths:
  /rooms/{id}/messages:
    get:MARKER
      operationId: follow
      responses: {"200": {description: a stream, content: {text/event-stream: {schema: {type: string}}}}}
"""
_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: chat}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: chat}}}}
  template:
    metadata: {{labels: {{app: chat}}}}
    spec:
      containers:
        - name: chat
          image: shop/chat
          env:
            - {{name: USERS_URL, value: "http://users:8080"}}
            - {{name: STORE_URL, value: "{store}"}}
---
apiVersion: v1
kind: Service
metadata: {{name: users}}
spec: {{selector: {{app: users}}, ports: [{{port: 8080}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: users}}
spec:
  selector: {{matchLabels: {{app: users}}}}
  template:
    metadata: {{labels: {{app: users}}}}
    spec: {{containers: [{{name: users, image: shop/users}}]}}
"""
_AUTOSCALER = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: chat}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}, minReplicas: 1, maxReplicas: 5}
"""
_REALTIME = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/chat
realtime: {0}
"""


def _files(
    contract: str, replicas: int = 3, marker: str = "", store: str = "", more: str = ""
) -> dict[str, str]:
    return {
        "chat/contract.yaml": contract.replace("MARKER", marker),
        "chat/deploy.yaml": _DEPLOYMENT.format(replicas=replicas, store=store) + more,
    }


_FOUND = "  # <- `chat` keeps connections open on up to {0} replicas that share no backplane"


@rule(
    id="stateful-connections-without-backplane",
    category="api",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    profile="all",
    references=(
        "https://12factor.net/processes",
        "https://learn.microsoft.com/en-us/aspnet/core/signalr/scale",
    ),
    examples=(
        Bad(_files(_ASYNCAPI, marker=_FOUND.format(3))),
        Bad(_files(_OPENAPI, marker=_FOUND.format(3))),
        Bad(_files(_ASYNCAPI, 1, _FOUND.format(5), more=_AUTOSCALER)),
        Good(_files(_ASYNCAPI, 1), "one replica"),
        Good(_files(_ASYNCAPI, store="redis://redis.example.com:6379"), "Redis passes messages on"),
        Good(
            _files(_ASYNCAPI) | {"chat/archlint-service.yaml": _REALTIME.format("none")},
            "each stream is computed for its own client",
        ),
        Good(
            _files(_ASYNCAPI) | {"chat/archlint-service.yaml": _REALTIME.format("centrifugo")},
            "another backplane is declared",
        ),
        Good({"chat/deploy.yaml": _DEPLOYMENT.format(replicas=3, store="")}, "no long-lived connections"),
    ),
)
def stateful_connections_without_backplane(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report services with WebSocket or event stream endpoints and several replicas whose dependencies are known and hold no backplane."""
    scalers = {
        (fact.scope, fact.target): fact
        for fact in graph.selects
        if fact.kind.rpartition("/")[2] == "HorizontalPodAutoscaler" and fact.target
    }
    for service in graph.services:
        at = _connections(service)
        if at is None or service.extra.get("realtime"):
            continue
        most, why = _most_replicas(service, scalers)
        edges = graph.outgoing(service)
        seen = any(edge.observed for edge in edges) or context.complete(at.path)
        if most < 2 or not seen or any(_is_backplane(edge.target) for edge in edges):  # noqa: PLR2004
            continue
        yield Problem(
            f"`{service.name}` keeps connections open on up to {most} replicas that share no backplane",
            at,
            help="pass messages on through a broker, or declare `realtime: none`",
            related=(Related("the replicas", why),) if why else (),
            confidence=Confidence.CONFIGURED,
            identity=("backplane", service.id),
        )


def _connections(service: Service) -> Location | None:
    """Return where *service* says that clients stay connected to it."""
    for api in service.apis:
        for operation in api.operations:
            if operation.streaming in {"sse", "ws"}:
                return operation.at
    return next((fact.at for fact in service.channels if fact.protocol in _SOCKETS and fact.action), None)


def _most_replicas(
    service: Service, scalers: dict[tuple[str, tuple[str, str]], SelectFact]
) -> tuple[int, Location | None]:
    most, why = 0, None
    for workload in service.workloads:
        found = [(workload.replicas or 0, workload.at)]
        scaler = scalers.get((workload.scope, (workload.kind, workload.name)))
        largest = scaler.spec.get("maxReplicas") if scaler else None
        if scaler and isinstance(largest, int) and not isinstance(largest, bool):
            found.append((largest, scaler.at))
        for count, at in found:
            if count > most:
                most, why = count, at
    return most, why


def _is_backplane(target: object) -> bool:
    if isinstance(target, Topic):
        return bool(target.uses) and not all(fact.protocol in _SOCKETS for _, fact in target.uses)
    return isinstance(target, Datastore) and (target.engine in _BACKPLANES or target.kind == "broker")
