"""A service that others call has no contract.

## Why is this bad?

Its consumers read the code or guess. Nothing can be checked against what was agreed: neither a change of the service, nor a consumer's expectations.

## How to fix

Describe the API (OpenAPI, Protocol Buffers, GraphQL, AsyncAPI), and name the description in the catalog entry or manifest.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Dependency,
    EndpointFact,
    Good,
    Location,
    Port,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    infrastructure_roles,
    key_words,
    plain_name,
    rule,
)

_LEAST = 0.7
_PROTOCOLS = ("http", "https", "http2", "h2c", "grpc", "grpc-web", "web", "rest", "api")
_ADMIN = frozenset(
    ("METRICS", "PROM", "PROMETHEUS", "ADMIN", "MANAGEMENT", "HEALTH", "PROBE", "DEBUG", "ACTUATOR", "MONITORING", "TELEMETRY")
)  # fmt: skip
_FACES = frozenset(("gateway", "frontend", "web", "external", "infra"))
_LEAST_NAME = 4
_CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}}}
spec: {{type: service, lifecycle: production, owner: team-a, providesApis: [{name}-api]}}
"""
_SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports:
    - {{name: {port}, port: 8080}}{marker}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: {name}
          image: {image}
          env: [{{name: OTHER_URL, value: "{other}"}}]
---
"""
_FOUND = "  # <- `stock` is called by `orders` and has no contract"


def _files(
    marker: str = "", port: str = "http", image: str = "shop/stock", called: str = "http://stock:8080"
) -> dict[str, str]:
    orders = _SERVICE.format(name="orders", port="http", marker="", image="shop/orders", other=called)
    stock = _SERVICE.format(name="stock", port=port, marker=marker, image=image, other="")
    return {"catalog-info.yaml": _CATALOG.format(name="orders"), "deploy.yaml": orders + stock}


@rule(
    id="service-port-without-contract",
    category="contracts",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://opensource.zalando.com/restful-api-guidelines/#100",
        "https://opensource.zalando.com/restful-api-guidelines/#101",
    ),
    examples=(
        Bad(_files(_FOUND)),
        Bad(
            {
                "catalog-info.yaml": _CATALOG.format(name="orders"),
                "compose.yaml": """
                    services:
                      orders: {image: shop/orders, environment: {STOCK_URL: "http://stock:8080"}}
                      stock:  # <- `stock` is called by `orders` and has no contract
                        image: shop/stock
                """,
            }
        ),
        Good(_files() | {"catalog-info.yaml": _CATALOG.format(name="stock")}),
        Good(
            _files()
            | {
                "stock.yaml": "openapi: 3.1.0\ninfo: {title: Stock Service, version: 1.0.0}\npaths: {/a: {get: {responses: {}}}}"
            },
            "a description of that title",
        ),
        Good(_files(image="keycloak/keycloak"), "what others wrote"),
        Good(_files(port="metrics"), "a port for operators"),
        Good(_files(called="")),
        Good({"deploy.yaml": _files()["deploy.yaml"]}, "no service here names a contract"),
    ),
)
def service_port_without_contract(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report called services without a contract, where others have one or the scope is complete."""
    linked = {link.source for link in graph.links if link.kind in {"definition", "contract"} and link.source}
    titled = _titled(graph)
    adopted = bool(linked) or any(service.apis for service in graph.services)
    for service in graph.services:
        if not service.first_party or service.role in _FACES | infrastructure_roles():
            continue
        callers = [edge for edge in graph.incoming(service) if _is_call(edge)]
        at = _port(service) or _spoken_to(service, callers)
        if at is None or not callers or not (adopted or context.complete(at.path)):
            continue
        if (
            service.apis
            or not linked.isdisjoint((service.name, *service.aliases))
            or plain_name(service.name) in titled
        ):
            continue
        names = ", ".join(f"`{edge.source.name}`" for edge in callers[:1])
        more = f" and {len(callers) - 1} more" if len(callers) > 1 else ""
        yield Problem(
            f"`{service.name}` is called by {names}{more} and has no contract",
            at,
            help="describe its API, and name the description in its catalog entry or manifest",
            related=tuple(
                Related(f"`{edge.source.name}` calls it here", edge.location) for edge in callers[:5]
            ),
            confidence=Confidence.of(max(edge.confidence for edge in callers)),
            identity=("port-without-contract", service.id),
        )


def _is_call(edge: Dependency) -> bool:
    source = edge.source
    judged = source.first_party and source.role not in infrastructure_roles() and source is not edge.target
    return edge.kind == "calls" and judged and edge.confidence >= _LEAST


def _port(service: Service) -> Location | None:
    """Return where *service* says that it listens for HTTP or gRPC."""
    for endpoint in service.endpoints:
        for port in endpoint.ports:
            if _is_interface(port, endpoint):
                return port.at or endpoint.at
    return None


def _spoken_to(service: Service, callers: list[Dependency]) -> Location | None:
    """Return where *service* stands if callers say by their URLs what they speak to it, and its ports do not."""
    if any(port.name or port.app_protocol for endpoint in service.endpoints for port in endpoint.ports):
        return None
    spoken = {item.protocol.lower() for edge in callers for item in edge.evidence}
    return service.location if spoken & set(_PROTOCOLS) else None


def _is_interface(port: Port, endpoint: EndpointFact) -> bool:
    words = set(key_words(port.name).split("_"))
    if words & _ADMIN:
        return False
    spoken = {
        port.app_protocol.lower().rpartition("/")[2],
        port.name.lower(),
        port.name.lower().partition("-")[0],
    }
    return bool(spoken & set(_PROTOCOLS)) and endpoint.kind != "ExternalName"


def _titled(graph: ServiceGraph) -> set[str]:
    """Return the plain names of services that a description is called like, or that its title holds."""
    names = {plain_name(service.name) for service in graph.services}
    titles = {plain_name(api.title) for api in graph.apis}
    lengths = {len(name) for name in names if len(name) >= _LEAST_NAME}
    parts = {
        title[at : at + length]
        for title in titles
        for length in lengths
        for at in range(len(title) - length + 1)
    }
    return names & (titles | parts)
