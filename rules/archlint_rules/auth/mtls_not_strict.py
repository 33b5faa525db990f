"""A mesh that accepts calls without mutual TLS.

## Why is this bad?

With `PERMISSIVE` (Istio's default) whoever reaches a pod may talk to it in the clear and without an identity: policies about who may call whom can be
gone around.

## How to fix

Add a `PeerAuthentication` with `mode: STRICT` for the mesh or the namespace, and lift it only for ports that must be reached from outside of the mesh, such as
those for metrics. In Linkerd, set `config.linkerd.io/default-inbound-policy` to `all-authenticated` or `deny`.
"""

from collections.abc import Iterator

from archlint.api import (
    Access,
    Bad,
    Context,
    Good,
    Location,
    Problem,
    Related,
    SelectFact,
    ServiceGraph,
    Severity,
    is_injected,
    rule,
)

_PEER = "security.istio.io/PeerAuthentication"
_MESH = frozenset(f"networking.istio.io/{kind}" for kind in ("VirtualService", "DestinationRule", "Sidecar"))
_OPEN = frozenset(("PERMISSIVE", "DISABLE"))
_INBOUND = "config.linkerd.io/default-inbound-policy"
_ASIDE = ("metric", "prom", "probe", "health", "admin", "manage", "status", "debug", "monitor")
_ROOT, _UNSAID = "k8s:istio-system", "k8s:default"
_MOST = 50

_ROUTE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: orders{marker}
spec:
  hosts: [orders]
  http: [{{timeout: 2s, route: [{{destination: {{host: orders}}}}]}}]
"""
_EDGE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: orders{marker}
  namespace: shop
spec:
  hosts: [orders.shop.io]
  gateways: [shop]
  http: [{{route: [{{destination: {{host: orders}}}}]}}]
---
apiVersion: v1
kind: Namespace
metadata: {{name: shop, labels: {{{labels}}}}}
"""
_POLICY = """
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: default}}
spec:
  mtls:
    mode: {mode}
"""
_PORTS = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: orders{marker}
spec:
  selector: {{matchLabels: {{app: orders}}}}
  mtls: {{mode: STRICT}}
  portLevelMtls: {{{port}: {{mode: PERMISSIVE}}}}
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
          ports: [{{name: http, containerPort: 8080}}, {{name: metrics, containerPort: 9090}}]
"""


@rule(
    id="mtls-not-strict",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/security/peer_authentication/",
        "https://linkerd.io/2/reference/authorization-policy/",
    ),
    tags=("security",),
    examples=(
        Bad({"mesh.yaml": _ROUTE.format(marker="  # <- no policy here makes the mesh insist on mutual TLS")}),
        Bad(
            {
                "mesh.yaml": """
                    apiVersion: security.istio.io/v1
                    kind: PeerAuthentication
                    metadata:
                      name: default  # <- `default` accepts calls without mutual TLS (`PERMISSIVE`)
                    spec: {mtls: {mode: PERMISSIVE}}
                """
            }
        ),
        Bad(
            {
                "mesh.yaml": _PORTS.format(
                    port=8080, marker="  # <- `orders` accepts calls to port 8080 without mutual TLS"
                )
            }
        ),
        Bad(
            {
                "mesh.yaml": _EDGE.format(
                    labels="istio-injection: enabled", marker="  # <- no policy here makes the mesh insist"
                )
            },
            "sidecars are injected",
        ),
        Bad(
            {
                "orders.yaml": """
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata:
                      name: orders  # <- `orders` accepts calls without mutual TLS (`all-unauthenticated`)
                    spec:
                      template:
                        metadata: {annotations: {config.linkerd.io/default-inbound-policy: all-unauthenticated}}
                        spec: {containers: [{name: orders, image: "shop/orders:1"}]}
                """
            }
        ),
        Good({"mesh.yaml": _ROUTE.format(marker="") + _POLICY.format(mode="STRICT")}),
        Good({"mesh.yaml": _PORTS.format(port=9090, marker="")}, "a port for metrics"),
        Good(
            {"mesh.yaml": _EDGE.format(labels="team: shop", marker="")},
            "a gateway, and nothing behind it is known to be in a mesh",
        ),
        Good(
            {
                "mesh.yaml": _ROUTE.format(marker="") + _POLICY.format(mode="'{{ .Values.mode }}'"),
            },
            "filled in when it is rendered",
        ),
        Good({"compose.yaml": "services: {a: {image: a}}"}, "no mesh"),
    ),
)
def mtls_not_strict(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report policies that accept plain calls, and, as info, meshed namespaces for which no policy insists."""
    del context
    access = Access(graph)
    policies = [fact for fact in graph.selects if fact.kind == _PEER]
    for fact in policies:
        mode = _mode(fact.spec.get("mtls"))
        if mode in _OPEN:
            yield _problem(fact.name, f"accepts calls without mutual TLS (`{mode}`)", fact.at, fact.scope)
        elif fact.selector:
            yield from _open_ports(fact, access)
    yield from _linkerd(graph)
    yield from _unguarded(graph, policies, access)


def _open_ports(policy: SelectFact, access: Access) -> Iterator[Problem]:
    """Yield the ports that *policy* opens, where pods have them for something else than metrics and probes."""
    ports = policy.spec.get("portLevelMtls")
    labels = (policy.selector or {}).get("matchLabels")
    if not isinstance(ports, dict) or not isinstance(labels, dict):
        return
    pods = access.pods.labelled(policy.scope, [(key, str(value)) for key, value in labels.items()])
    names = {
        str(port.number): port.name.lower()
        for workload in pods
        for container in workload.containers
        for port in container.ports
    }
    for number, mtls in ports.items():
        name = names.get(str(number))
        if _mode(mtls) in _OPEN and name is not None and not any(word in name for word in _ASIDE):
            yield _problem(
                policy.name,
                f"accepts calls to port {number} without mutual TLS",
                policy.at,
                f"{policy.scope}:{number}",
            )


def _linkerd(graph: ServiceGraph) -> Iterator[Problem]:
    said: list[tuple[str, str, Location, str]] = [
        (workload.name, workload.annotations.get(_INBOUND, ""), workload.at, workload.scope)
        for workload in graph.workloads
    ]
    said.extend(
        (fact.name, str(fact.spec.get("annotations", {}).get(_INBOUND, "")), fact.at, fact.scope)
        for fact in graph.selects
        if fact.kind == "Namespace"
    )
    for name, policy, at, scope in said:
        if policy.endswith("-unauthenticated"):
            yield _problem(name, f"accepts calls without mutual TLS (`{policy}`)", at, scope)


def _problem(name: str, what: str, at: Location, scope: str) -> Problem:
    return Problem(
        f"`{name}` {what}",
        at,
        help="insist on mutual TLS, and lift it only for the ports that need it",
        identity=("mtls", scope, name),
    )


def _unguarded(graph: ServiceGraph, policies: list[SelectFact], access: Access) -> Iterator[Problem]:
    """Report, once, the meshed namespaces for which no policy says how to accept calls.

    Routes of gateways alone do not tell that there is a mesh behind them.
    """
    guarded = {fact.scope for fact in policies if not fact.selector and _mode(fact.spec.get("mtls"))}
    if not guarded.isdisjoint({_ROOT, _UNSAID}):
        return
    found = [fact for fact in graph.selects if fact.kind in _MESH]
    injected = [fact for facts in access.namespaces.values() for fact in facts if is_injected(fact)]
    meshed = {workload.scope for workload in graph.workloads if access.is_meshed(workload, "istio")}
    inside = meshed | {fact.scope for fact in injected} | {fact.scope for fact in found if _is_within(fact)}
    places = {
        fact.at.path: fact
        for fact in reversed([*found, *injected])
        if fact.scope not in guarded
        and (fact.scope in inside or (inside and _UNSAID in {fact.scope, *inside}))
    }
    for first, *others in [sorted(places.values(), key=lambda fact: fact.at.path)] if places else []:
        yield Problem(
            "no policy here makes the mesh insist on mutual TLS",
            first.at,
            help="add a `PeerAuthentication` with `mode: STRICT`",
            related=tuple(Related("more of the mesh is configured here", fact.at) for fact in others[:_MOST]),
            severity=Severity.INFO,
            identity=("mtls",),
        )


def _is_within(fact: SelectFact) -> bool:
    """Tell whether *fact* is about calls between services, rather than about what comes in through a gateway."""
    if fact.kind.endswith("/Sidecar"):
        return True
    if fact.kind.endswith("/DestinationRule"):
        policy = fact.spec.get("trafficPolicy")
        tls = policy.get("tls") if isinstance(policy, dict) else None
        return isinstance(tls, dict) and tls.get("mode") == "ISTIO_MUTUAL"
    gateways = fact.spec.get("gateways")
    return fact.kind.endswith("/VirtualService") and (
        not isinstance(gateways, list) or not gateways or "mesh" in gateways
    )


def _mode(mtls: object) -> str:
    mode = str(mtls.get("mode") or "") if isinstance(mtls, dict) else ""
    return "" if mode == "UNSET" else mode
