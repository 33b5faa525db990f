"""A service calls another, and a policy does not let it.

## Why is this bad?

The first call fails or hangs until its timeout, mostly on the day the policies are switched on, and the error says "connection refused" or "403" and not which
of the policies it was. NetworkPolicies add up: a pod that one of them selects may only do what one of them admits, DNS included.

## How to fix

Admit the caller in a policy of the callee (the labels of its pods and the port of the *pod*, not that of the Service), admit the callee and port 53 in a policy
of the caller where its egress is restricted, or remove the dependency.
"""

from collections.abc import Iterator

from archlint.api import (
    Access,
    Bad,
    Confidence,
    Context,
    Dependency,
    Good,
    Problem,
    Reach,
    Related,
    ServiceGraph,
    Severity,
    Verdict,
    rule,
)

_LEAST = 0.75
_MOST = 5
_MOST_CALLERS = 20
_VERBS = {"calls": ("calls", "call"), "uses": ("uses", "use")}
_TOOLS = {"kubernetes": "NetworkPolicy", "istio": "AuthorizationPolicy", "linkerd": "Server"}
_PODS = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec:
      serviceAccountName: orders
      containers:
        - name: orders
          image: shop/orders:1
          env: [{{name: STOCK_URL, value: "http://stock:80"}}]{marker}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: stock, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: stock}}}}
    spec: {{containers: [{{name: stock, image: "shop/stock:1", ports: [{{containerPort: 8080, name: web}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: stock, namespace: shop}}
spec: {{selector: {{app: stock}}, ports: [{{port: 80, targetPort: web}}]}}
"""
_POLICY = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: shop}}
spec: {spec}
"""
_ISTIO = """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: stock, namespace: shop}}
spec: {{selector: {{matchLabels: {{app: stock}}}}, {spec}}}
"""
_LINKERD = """
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {{name: stock, namespace: shop}}
spec: {{podSelector: {{matchLabels: {{app: stock}}}}, port: web}}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {{name: stock, namespace: shop}}
spec:
  targetRef: {{group: policy.linkerd.io, kind: Server, name: stock}}
  requiredAuthenticationRefs: [{{kind: ServiceAccount, name: {account}}}]
"""
_FROM = "{{podSelector: {{matchLabels: {{app: stock}}}}, ingress: [{{from: [{peer}], ports: [{{port: {port}}}]}}]}}"


def _network(spec: str, name: str = "stock") -> str:
    return _POLICY.format(name=name, spec=spec)


def _both(policies: str, marker: str = "") -> dict[str, str]:
    return {"shop.yaml": _PODS.format(marker=f"  # <- {marker}" if marker else "") + policies}


def _ingress(peer: str = "{podSelector: {matchLabels: {app: orders}}}", port: str = "8080") -> str:
    return _network(_FROM.format(peer=peer, port=port))


@rule(
    id="policy-blocks-declared-dependency",
    category="auth",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        "https://istio.io/latest/docs/reference/config/security/authorization-policy/",
        "https://linkerd.io/2/reference/authorization-policy/",
    ),
    tags=("security",),
    examples=(
        Bad(
            _both(
                _ingress("{podSelector: {matchLabels: {app: order}}}"),
                "`orders` calls `stock`, which NetworkPolicy `stock` does not admit",
            )
        ),
        Bad(
            _both(_ingress(port="80"), "which NetworkPolicy `stock` does not admit"),
            "the Service's port where the pods' own is meant",
        ),
        Bad(
            _both(
                _network("{podSelector: {}, policyTypes: [Ingress, Egress]}", "deny"),
                "which NetworkPolicy `deny` does not let out",
            )
        ),
        Bad(
            _both(
                _network(
                    "{podSelector: {matchLabels: {app: orders}}, egress: [{to: [{podSelector: {matchLabels: {app: stock}}}]}]}",
                    "out",
                ),
                "`orders` may not ask for the address of `stock`: NetworkPolicy `out` has no way to DNS",
            )
        ),
        Bad(
            _both(
                _ISTIO.format(
                    spec="rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/billing]}}]}]"
                ),
                "`orders` calls `stock`, which AuthorizationPolicy `stock` does not admit",
            )
        ),
        Bad(_both(_LINKERD.format(account="billing"), "which Server `stock` does not admit")),
        Good(_both(_ingress())),
        Good(
            _both(_ingress("{podSelector: {matchLabels: {app: billing}}}") + _ingress(port="web")),
            "policies add up",
        ),
        Good(
            _both(_ingress("{namespaceSelector: {matchLabels: {team: shop}}}")),
            "the labels of the namespace are not known",
        ),
        Good(_both(_ingress("{ipBlock: {cidr: 10.0.0.0/8}}")), "pods may have such addresses"),
        Good(_both(_ingress("{podSelector: {matchLabels: {app: '{{ .Values.app }}'}}}")), "filled in later"),
        Good(
            _both(
                _network("{podSelector: {matchLabels: {app: orders}}, egress: [{}]}", "out")
                + _network("{podSelector: {}}", "deny")
                + _ingress()
            ),
            "everything may leave, and one may enter",
        ),
        Good(
            _both(
                _network("{podSelector: {}}", "deny")
                + "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec: {}\n"
            ),
            "another plugin's policies may admit more",
        ),
        Good(
            _both(
                _ISTIO.format(
                    spec="rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/orders]}}]}]"
                )
            )
        ),
        Good(
            _both(
                _ISTIO.format(spec="action: DENY, rules: [{to: [{operation: {paths: [/admin*]}}]}]"),
            ),
            "denies some requests only",
        ),
        Good(_both(_LINKERD.format(account="orders"))),
    ),
)
def policy_blocks_declared_dependency(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report edges that a policy denies in some deployment and none is known to let through, and callers without a way to DNS.

    What the same policies keep from the same target is told once.
    """
    del context
    access = Access(graph)
    told: set[int] = set()
    blocked: dict[tuple[object, ...], list[tuple[Dependency, Reach, Verdict]]] = {}
    for edge in graph.dependencies:
        if edge.confidence < _LEAST or edge.kind not in _VERBS:
            continue
        reaches = list(access.pods.reaches(edge))
        verdicts = [(reach, access.permits(reach)) for reach in reaches]
        denied = [(reach, verdict) for reach, verdict in verdicts if verdict.allowed is False]
        if denied and not any(verdict.allowed for _, verdict in verdicts if verdict.evidence):
            reach, verdict = denied[0]
            policies = tuple(sorted(policy.at.node for policy in verdict.evidence))
            key = (edge.target.id, edge.kind, verdict.tool, verdict.direction, policies)
            blocked.setdefault(key, []).append((edge, reach, verdict))
            continue
        yield from _without_names(edge, reaches, access, told)
    for same in blocked.values():
        yield _blocked(same)


def _blocked(same: list[tuple[Dependency, Reach, Verdict]]) -> Problem:
    edge, reach, verdict = same[0]
    singular, plural = _VERBS[edge.kind]
    who = (
        f"`{edge.source.name}` {singular}"
        if len(same) == 1
        else f"`{edge.source.name}` and {_count(same)} {plural}"
    )
    names = " and ".join(f"`{name}`" for name in sorted({policy.name for policy in verdict.evidence})[:2])
    way = "let out" if verdict.direction == "egress" else "admit"
    port = f" on port {reach.port}" if reach.port else ""
    return Problem(
        f"{who} `{edge.target.name}`, which {_TOOLS[verdict.tool]} {names} does not {way}",
        edge.location,
        help=f"admit the pods of `{edge.source.name}`{port}, or remove the dependency",
        related=(
            *(Related("the policy", policy.at) for policy in verdict.evidence[:_MOST]),
            Related("the pods that are called", reach.target.at),
            *(
                Related(f"so does `{other.source.name}`", other.location)
                for other, _, _ in same[1:_MOST_CALLERS]
            ),
        ),
        confidence=Confidence.of(max(edge.confidence for edge, _, _ in same)),
        identity=("blocked", edge.id),
    )


def _count(same: list[tuple[Dependency, Reach, Verdict]]) -> str:
    return "another" if len(same) == 2 else f"{len(same) - 1} others"  # noqa: PLR2004


def _without_names(
    edge: Dependency, reaches: list[Reach], access: Access, told: set[int]
) -> Iterator[Problem]:
    for reach in reaches:
        if id(reach.source) in told:
            continue
        told.add(id(reach.source))
        verdict = access.resolves_names(reach.source)
        if verdict.allowed is False:
            policy = verdict.evidence[0]
            yield Problem(
                f"`{edge.source.name}` may not ask for the address of `{edge.target.name}`: NetworkPolicy `{policy.name}` has no way to DNS",
                edge.location,
                help="admit port 53 (UDP and TCP) to `kube-dns` in `kube-system`",
                related=tuple(Related("the policy", policy.at) for policy in verdict.evidence[:_MOST]),
                confidence=Confidence.of(edge.confidence),
                identity=("names", edge.source.id),
            )
