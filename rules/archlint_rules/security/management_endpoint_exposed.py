"""Endpoints for operators that the outside can reach.

## Why is this bad?

Actuator, metrics, profilers and debuggers tell what runs inside and how it is configured, dump memory with all the secrets in it, and some let a caller
change or stop the service. Attackers look for them first.

## How to fix

Serve them on a port of their own that no route and no load balancer leads to (`management.server.port`), expose only `health`, or ask who calls.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Container,
    Context,
    Exposure,
    Good,
    Problem,
    Related,
    SelectFact,
    Service,
    ServiceGraph,
    Severity,
    WorkloadFact,
    admits,
    beginnings,
    exposures,
    plain_name,
    regex,
    rule,
)

_TELLING = regex(
    r"(?:^|/)(?:actuator(?!/(?:health|info|liveness|readiness))|metrics|heapdump|threaddump|jolokia|h2-console|debug/(?:pprof|vars)|pprof)(?:/|\Z)"
)
_FOR_PEOPLE = regex(r"(?:^|/)(?:swagger-ui(?:\.html)?|graphiql|admin)(?:/|\Z)")
_HARMLESS = frozenset(("health", "info", "prometheus", "metrics", "liveness", "readiness"))
_DEBUGGER = regex(
    r"(?:-agentlib:jdwp|-Xrunjdwp)\S*?address=(?:\*|0\.0\.0\.0):(?P<jdwp>\d+)|--inspect(?:-brk)?=0\.0\.0\.0:(?P<node>\d+)"
)
_ADMIN = regex(r"(?:^|[\s,])(?:0\.0\.0\.0|\[::\]|\*):(?P<port>\d+)")
_NOT_FOR_ALL = regex(r"dev|test|local|debug", re.IGNORECASE)
_WAYS = {
    "load-balancer": "a load balancer",
    "node-port": "a port of every node",
    "host-port": "a port of its node",
    "host-network": "the network of its node",
    "published": "a published port",
}
_DEPLOYMENT = """
---
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
          readinessProbe: {{httpGet: {{path: /actuator/health, port: 8080}}}}
          env: [{env}]
---
apiVersion: v1
kind: Service
metadata: {{name: orders}}
spec: {{type: {kind}, selector: {{app: orders}}, ports: [{{port: 80, targetPort: 8080}}]}}
"""
_INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: {annotations}
spec:
  rules:
    - http:
        paths:
          - path: {path}
            pathType: Prefix
            backend: {{service: {{name: orders, port: {{number: 80}}}}}}{marker}
"""
_SPRING = """
spring: {{application: {{name: orders}}}}
{port}
management:
  endpoints:
    web:
      exposure:
        include: {include}{marker}
"""
_VARIABLE = """
            {name: MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE, value: '*'}  # <- a load balancer leads to the endpoints of `orders` that `*` exposes
          """
_CONFIG = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  application.yaml: |
    management:
      endpoints:
        web:
          exposure:
            include: '*'  # <- a load balancer leads to the endpoints of `orders` that `*` exposes
"""


def _routed(path: str, marker: str = "", annotations: str = "{team: a}") -> dict[str, str]:
    return {
        "shop.yaml": _INGRESS.format(path=path, marker=marker, annotations=annotations)
        + _DEPLOYMENT.format(kind="ClusterIP", env="")
    }


def _spring(
    include: str,
    marker: str = "",
    *,
    kind: str = "LoadBalancer",
    port: str = "debug: false",
    profile: str = "",
) -> dict[str, str]:
    return {
        f"orders/src/main/resources/application{profile}.yaml": _SPRING.format(
            include=include, marker=marker, port=port
        ),
        "deploy/orders.yaml": _DEPLOYMENT.format(kind=kind, env=""),
    }


@rule(
    id="management-endpoint-exposed",
    category="security",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/",
        "https://docs.spring.io/spring-boot/reference/actuator/endpoints.html#actuator.endpoints.exposing",
    ),
    tags=("security",),
    examples=(
        Bad(_routed("/actuator", "  # <- the public route `shop` leads to `/actuator` of `orders`")),
        Bad(_routed("/debug/pprof", "  # <- the public route `shop` leads to `/debug/pprof` of `orders`")),
        Bad(_routed("/admin", "  # <- the public route `shop` leads to `/admin` of `orders`"), "as info"),
        Bad(_spring("'*'", "  # <- a load balancer leads to the endpoints of `orders` that `*` exposes")),
        Bad(
            {
                **_spring(
                    "'health,env'",
                    "  # <- the public route `shop` leads to the endpoints of `orders` that `health,env` exposes",
                    kind="ClusterIP",
                ),
                "deploy/shop.yaml": _INGRESS.format(path="/", marker="", annotations="{team: a}"),
            }
        ),
        Bad(
            {"orders.yaml": _DEPLOYMENT.format(kind="LoadBalancer", env="") + _CONFIG}, "read through the API"
        ),
        Bad({"orders.yaml": _DEPLOYMENT.format(kind="LoadBalancer", env=_VARIABLE)}),
        Bad(
            {
                "orders.yaml": """
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: orders}
                    spec:
                      template:
                        metadata: {labels: {app: orders}}
                        spec:
                          containers:
                            - name: orders  # <- the debugger of `orders` listens on port `5005`
                              image: shop/orders:1
                              env:
                                - name: JAVA_TOOL_OPTIONS
                                  value: -agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005
                """
            }
        ),
        Good(_routed("/actuator/health"), "health is for everybody"),
        Good(_routed("/orders")),
        Good(
            _routed(
                "/admin", annotations='{nginx.ingress.kubernetes.io/auth-url: "https://id.example.com/auth"}'
            ),
            "it asks who calls",
        ),
        Good(
            _routed("/swagger-ui", annotations="{kubernetes.io/ingress.class: nginx-internal}"),
            "no public route",
        ),
        Good(_spring("'health,info,prometheus'")),
        Good(_spring("'*'", kind="ClusterIP"), "nothing leads there from outside"),
        Good(_spring("'*'", port="management.server.port: 9090"), "a port of its own"),
        Good(_spring("'*'", profile="-dev"), "while it is developed"),
        Bad(
            {
                "compose.prod.yaml": """
                    services:
                      kong:
                        image: kong
                        environment: {KONG_ADMIN_LISTEN: "127.0.0.1:8444 ssl, 0.0.0.0:8001"}
                        ports:
                          - 8000:8000
                          - 8001:8001  # <- a published port leads to the admin API of `kong`
                """
            }
        ),
        Good(
            {
                **_spring("'*'", kind="ClusterIP"),
                "deploy/shop.yaml": _INGRESS.format(path="/orders", marker="", annotations="{team: a}"),
            },
            "the route does not lead there",
        ),
        Good(
            {
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        ports: ["8080:8080", "127.0.0.1:5005:5005"]
                        environment:
                          JAVA_TOOL_OPTIONS: -agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005
                """
            },
            "a debugger on the loopback",
        ),
    ),
)
def management_endpoint_exposed(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report public routes to such paths, exposed actuators whose service has a door, and open debuggers."""
    del context
    ways: dict[str, list[Exposure]] = defaultdict(list)
    for exposure in exposures(graph):
        ways[exposure.service.id].append(exposure)
        if exposure.route is not None:
            yield from _named(exposure)
    yield from _actuators(graph, ways)
    for service in graph.services:
        for workload in service.workloads:
            yield from _debuggers(service, workload, ways.get(service.id, []))
            yield from _gateways(service, workload, ways.get(service.id, []))


def _named(exposure: Exposure) -> Iterator[Problem]:
    """Report a route whose own path is one for operators; for one that people use on purpose as info, or not at all behind a login."""
    route = exposure.route
    if route is None:
        return
    for path in beginnings(route):
        told = bool(_TELLING.search(path))
        if not told and (not _FOR_PEOPLE.search(path) or exposure.authentication is not None):
            continue
        severe = told and exposure.authentication is None
        yield Problem(
            f"the public route `{route.name}` leads to `{path}` of `{exposure.service.name}`",
            route.backends[0].at if route.kind == "Ingress" else exposure.at,
            help="let no public route lead there, or ask who calls",
            severity=Severity.WARNING if severe else Severity.INFO,
            identity=("management-route", route.scope, route.name, path),
        )


def _actuators(graph: ServiceGraph, ways: dict[str, list[Exposure]]) -> Iterator[Problem]:
    named: dict[str, list[Service]] = defaultdict(list)
    spaces: dict[str, list[Service]] = defaultdict(list)
    mounted: dict[tuple[str, str], list[Service]] = defaultdict(list)
    for service in graph.services:
        for name in {plain_name(name) for name in (service.name, *service.aliases)}:
            named[name].append(service)
        for workload in service.workloads:
            spaces[workload.scope].append(service)
            mounted[workload.scope, f"env:{workload.name}"].append(service)
            sources = (item.source for container in workload.containers for item in container.settings)
            for name in {text[10:].partition("#")[0] for text in sources if text.startswith("configmap:")}:
                mounted[workload.scope, name].append(service)
            for volume in workload.volumes:
                if volume.kind == "configmap":
                    mounted[workload.scope, volume.source].append(service)
    facts = [fact for fact in graph.selects if fact.kind == "spring/actuator"]
    claims: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        claims[fact.name].add(_module(fact))
    for fact in facts:
        if not _tells(fact):
            continue
        if not fact.scope:
            copied = len(claims[fact.name]) > 1
            readers = named.get(plain_name(posixpath.basename(_module(fact)) if copied else fact.name), [])
            sure = len(readers) == 1
        else:
            readers = mounted.get((fact.scope, fact.name), [])
            sure = bool(readers)
            readers = readers or [one for one in spaces.get(fact.scope, ()) if _is_actuated(one)]
        found = [way for service in readers for way in ways.get(service.id, ()) if _leads(way, fact)]
        if found and (sure or fact.scope):
            yield _problem(fact, found, sure=sure)


def _module(fact: SelectFact) -> str:
    """Return the folder of the module that *fact* configures: a name that several modules claim was copied."""
    return posixpath.dirname(fact.at.path).partition("/src/main/")[0]


def _problem(fact: SelectFact, found: list[Exposure], *, sure: bool) -> Problem:
    first = min(found, key=lambda way: (way.authentication is not None, way.is_for_development))
    by = f"the public route `{first.route.name}`" if first.route is not None else _WAYS[first.way]
    harmless = first.authentication is not None or first.is_for_development
    return Problem(
        f"{by} leads to the endpoints of `{first.service.name}` that `{fact.spec['include']}` exposes",
        fact.at,
        help="expose only `health`, or give them a port of their own with `management.server.port`",
        related=(Related("it can be reached by this", first.at),),
        severity=Severity.INFO if harmless else Severity.WARNING,
        confidence=Confidence.CONFIGURED if sure else Confidence.INFERRED,
        identity=("actuator", fact.scope, fact.name),
    )


def _tells(fact: SelectFact) -> bool:
    """Tell whether what *fact* exposes says more than health and numbers, on the port of the application."""
    spec = {key: str(value) for key, value in fact.spec.items()}
    if _NOT_FOR_ALL.search(spec.get("profile", "")) or "{" in spec.get("include", "{"):
        return False
    if spec.get("port") and spec["port"] != spec.get("main"):
        return False
    names = {name.strip() for name in spec["include"].split(",")} - {
        name.strip() for name in spec.get("exclude", "").split(",")
    }
    return bool(names - _HARMLESS - {""}) and spec.get("exclude") != "*"


def _leads(way: Exposure, fact: SelectFact) -> bool:
    base = str(fact.spec.get("base", "/actuator")).rstrip("/")
    return way.route is None or admits(way.route, f"{base}/env")


def _is_actuated(service: Service) -> bool:
    """Tell whether probes of *service* ask the actuator, so that it is an application of Spring Boot."""
    return any(
        probe is not None and "/actuator" in probe.handler
        for workload in service.workloads
        for container in workload.containers
        for probe in (container.readiness, container.liveness, container.startup)
    )


def _debuggers(service: Service, workload: WorkloadFact, ways: list[Exposure]) -> Iterator[Problem]:
    """Report debuggers that listen on all addresses: of pods, and of compose where the port is published."""
    for container in workload.containers:
        port = _debug_port(container)
        if port is None:
            continue
        open_to_all = any(way.port == port for way in ways)
        if workload.kind == "compose" and not open_to_all:
            continue
        yield Problem(
            f"the debugger of `{service.name}` listens on port `{port}`",
            container.at,
            help="start it without the debugger",
            severity=Severity.INFO if workload.kind == "compose" else Severity.WARNING,
            identity=("debugger", workload.scope, workload.name),
        )


def _gateways(service: Service, workload: WorkloadFact, ways: list[Exposure]) -> Iterator[Problem]:
    """Report Kong's admin API where it listens on all addresses, and its port can be reached from outside."""
    for container in workload.containers:
        for setting in container.settings:
            match = _ADMIN.search(setting.value or "") if setting.key == "KONG_ADMIN_LISTEN" else None
            open_ways = [way for way in ways if match and way.port == int(match["port"])]
            if match and open_ways:
                yield Problem(
                    f"{_WAYS[open_ways[0].way]} leads to the admin API of `{service.name}`",
                    open_ways[0].at,
                    help="let the admin API listen on the loopback, or publish no port of it",
                    related=(Related("it listens on all addresses", setting.at),),
                    severity=Severity.INFO if open_ways[0].is_for_development else Severity.WARNING,
                    identity=("gateway-admin", workload.scope, workload.name),
                )


def _debug_port(container: Container) -> int | None:
    texts = [*(setting.value or "" for setting in container.settings), *container.command]
    for text in texts:
        match = _DEBUGGER.search(text)
        if match:
            return int(match["jdwp"] or match["node"])
    return None
