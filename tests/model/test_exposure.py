"""What the outside can reach, through which door."""

import pytest
from systems import deployment, graph_of

from archlint.api import exposed, exposures
from archlint.model.facts import Backend, EndpointFact, Port, RouteFact, WorkloadFact
from archlint.model.graph import Service, ServiceGraph
from archlint.source.location import Location

_INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front}
spec:
  rules:
  - host: shop.example.com
    http: {paths: [{path: /orders, pathType: Prefix, backend: {service: {name: orders, port: {number: 80}}}}]}
"""
_JWT = """
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: jwt}
spec: {selector: {matchLabels: {app: orders}}, jwtRules: [{issuer: "https://id.example.com"}]}
"""


def test_a_route_leads_to_a_service() -> None:
    graph = graph_of({"all.yaml": deployment("orders") + deployment("stock") + _INGRESS})
    (found,) = exposures(graph)
    assert (found.service.name, found.way, found.hosts, found.path, found.port) == (
        "orders",
        "route",
        ("shop.example.com",),
        "/orders",
        80,
    )
    assert found.authentication is None
    assert not found.is_direct
    assert found.route is not None


def test_policies_that_ask_who_calls_are_known() -> None:
    graph = graph_of({"all.yaml": deployment("orders") + _INGRESS + _JWT})
    (found,) = exposures(graph)
    assert found.authentication is not None
    other = graph_of({"all.yaml": deployment("orders") + _INGRESS + _JWT.replace("app: orders", "app: x")})
    assert exposures(other)[0].authentication is None


@pytest.mark.parametrize(
    ("kind", "way"),
    [("LoadBalancer", "load-balancer"), ("NodePort", "node-port"), ("ClusterIP", None)],
)
def test_services_have_doors(kind: str, way: str | None) -> None:
    text = deployment("orders").replace("  ports: [{port: 80}]", f"  type: {kind}\n  ports: [{{port: 80}}]")
    assert kind in text
    assert [found.way for found in exposures(graph_of({"a.yaml": text}))] == ([way] if way else [])


def test_compose_ports_on_the_loopback_are_no_door() -> None:
    graph = graph_of(
        {
            "compose.yaml": "services: {a: {image: a, ports: ['80:8080']}, b: {image: b, ports: ['127.0.0.1:1:1']}}"
        }
    )
    (found,) = exposures(graph)
    assert (found.service.name, found.way, found.port, found.published) == ("a", "published", 8080, "80")


def test_pods_have_doors_on_their_hosts() -> None:
    text = deployment("orders").replace("image:", "ports: [{containerPort: 8080, hostPort: 80}], image:")
    (found,) = exposures(graph_of({"a.yaml": text}))
    assert (found.way, found.port, found.published) == ("host-port", 8080, "80")


def test_what_an_exposed_gateway_routes_to_is_exposed() -> None:
    at = Location("a.yaml")
    front, orders, stock = (
        Service(
            id=name,
            name=name,
            workloads=[WorkloadFact(at=at, kind="compose", name=name, scope="compose:a.yaml")],
            endpoints=[
                EndpointFact(
                    at=at,
                    name=name,
                    scope="compose:a.yaml",
                    exposure="host" if name == "front" else "internal",
                    ports=(Port(number=80, published="80"),),
                )
            ],
        )
        for name in ("front", "orders", "stock")
    )
    routes = [
        RouteFact(
            at=at,
            kind="SpringGateway",
            name=name,
            scope="",
            gateway=gateway,
            backends=(Backend(host=name, at=at),),
        )
        for gateway, name in (("front", "orders"), ("stock", "front"))
    ]
    graph = ServiceGraph(services=[front, orders, stock], routes=routes)
    found = exposed(graph)
    assert set(found) == {"front", "orders"}
    assert found["orders"][0].via is front
