"""A service connects to a port that the other side does not offer.

## Why is this bad?

The connection is refused or, worse, times out. In Kubernetes only the ports that a Service lists lead to its pods.

## How to fix

Use a port that the Service lists, or add the port to it.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Dependency,
    EndpointFact,
    Good,
    Problem,
    Related,
    Severity,
    rule,
)

_SERVICES = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: payments}
spec:
  template:
    metadata: {labels: {app: payments}}
    spec:
      containers: [{name: payments, image: "shop/payments:1"}]
---
apiVersion: v1
kind: Service
metadata: {name: payments}
spec:
  selector: {app: payments}
  ports: [{port: 8080}]
"""
_CLIENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec:
      containers:
        - name: orders
          image: shop/orders:1
          env:
            - name: PAYMENTS_URL
              value: {value}
"""


@rule(
    id="dependency-port-not-exposed",
    category="services",
    severity=Severity.ERROR,
    subject=Dependency,
    since="0.1.0",
    references=("https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",),
    examples=(
        Bad(
            {
                "payments.yaml": _SERVICES,
                "orders.yaml": _CLIENT.format(
                    value="http://payments  # <- `orders` connects to port 80 of `payments`, which offers 8080"
                ),
            }
        ),
        Bad(
            {
                "payments.yaml": _SERVICES,
                "orders.yaml": _CLIENT.format(
                    value="payments:9090  # <- `orders` connects to port 9090 of `payments`"
                ),
            }
        ),
        Good({"payments.yaml": _SERVICES, "orders.yaml": _CLIENT.format(value="http://payments:8080/api")}),
        Good(
            {
                "payments.yaml": _SERVICES.replace(
                    "spec:\n  selector", "spec:\n  clusterIP: None\n  selector"
                ),
                "orders.yaml": _CLIENT.format(value="http://payments:9090"),
            },
            "a headless Service leads to the pods' own ports",
        ),
        Good(
            {
                "compose.yaml": """
                    services:
                      payments: {image: shop/payments, ports: ["8080:80"]}
                      orders: {image: shop/orders, environment: {PAYMENTS_URL: "http://payments:9090"}}
                """
            },
            "compose services reach all ports of a container",
        ),
    ),
)
def dependency_port_not_exposed(edge: Dependency, context: Context) -> Iterator[Problem]:
    """Report evidence whose port is none of those that any Service of the name lists."""
    del context
    defaults = {"http": 80, "https": 443, "ws": 80, "wss": 443}
    said: set[int] = set()
    for item in edge.evidence:
        port = item.port or defaults.get(item.protocol)
        offers = [endpoint for endpoint in item.endpoints if _is_strict(endpoint)]
        if port is None or port in said or not offers or len(offers) != len(item.endpoints):
            continue
        numbers = sorted({number for endpoint in offers for number in _numbers(endpoint)})
        if port in numbers:
            continue
        said.add(port)
        listed = ", ".join(map(str, numbers))
        yield Problem(
            f"`{edge.source.name}` connects to port {port} of `{offers[0].name}`, which offers {listed}",
            item.at,
            help=f"use port {numbers[0]}, or add {port} to the Service",
            related=tuple(Related(f"`{endpoint.name}` is defined here", endpoint.at) for endpoint in offers),
            confidence=Confidence.DECLARED if item.port else Confidence.INFERRED,
            identity=("port", edge.id, str(port)),
        )


def _is_strict(endpoint: EndpointFact) -> bool:
    """Tell whether only the listed ports can be reached, and all of them are known."""
    plain = endpoint.scope.startswith("k8s:") and not endpoint.headless and endpoint.kind != "ExternalName"
    return plain and bool(endpoint.ports) and all(port.number is not None for port in endpoint.ports)


def _numbers(endpoint: EndpointFact) -> Iterator[int]:
    return (port.number for port in endpoint.ports if port.number is not None)
