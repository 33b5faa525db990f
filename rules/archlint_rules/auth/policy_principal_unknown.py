"""A policy names an account that does not exist.

## Why is this bad?

A caller whose account is misspelt or was renamed is refused, and the policy looks right. A right that is given to an account that does not exist yet is given
to whoever creates it.

## How to fix

Correct the name or the namespace, create the `ServiceAccount`, or remove the entry. Nothing is said of other trust domains, and of namespaces of which nothing is
in the repository. It is said for certain where the scope is declared `complete`.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Good,
    Problem,
    SelectFact,
    ServiceGraph,
    Severity,
    rule,
)

_UNSAID = "k8s:default"
_LEAST_KNOWN = 2
_OWN_DOMAINS = frozenset(("", "cluster.local", "linkerd.cluster.local", "td"))
_PODS = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: orders, namespace: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: billing, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  template:
    spec: {serviceAccountName: orders, containers: [{name: orders, image: "shop/orders:1"}]}
---
"""
_POLICY = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: stock, namespace: shop}}
spec:
  rules:
    - from:
        - source:
            principals:
              - cluster.local/ns/shop/sa/orders
              - cluster.local/ns/shop/sa/billing
              - {principal}
"""
_BINDING = """
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: readers, namespace: shop}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}}
subjects:
  - {{kind: ServiceAccount, name: orders, namespace: shop}}
  - {{kind: ServiceAccount, name: billing, namespace: shop}}
  - kind: {kind}
    name: {name}
    namespace: {namespace}
"""
_MESH = """
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {{name: callers, namespace: shop}}
spec:
  identities:
    - orders.shop.serviceaccount.identity.linkerd.cluster.local
    - billing.shop.serviceaccount.identity.linkerd.cluster.local
    - {name}.shop.serviceaccount.identity.linkerd.cluster.local
"""


def _policy(principal: str) -> dict[str, str]:
    return {"shop.yaml": _PODS + _POLICY.format(principal=principal)}


def _binding(name: str, *, kind: str = "ServiceAccount", namespace: str = "shop") -> dict[str, str]:
    return {"shop.yaml": _PODS + _BINDING.format(kind=kind, name=name, namespace=namespace)}


@rule(
    id="policy-principal-unknown",
    category="auth",
    severity=Severity.ERROR,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/security/authorization-policy/",
        "https://linkerd.io/2/reference/authorization-policy/",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
    ),
    tags=("security",),
    examples=(
        Bad(
            _policy(
                "cluster.local/ns/shop/sa/order  # <- `stock` names the ServiceAccount `order` of `shop`, which does not exist"
            )
        ),
        Bad(_binding("order  # <- `readers` names the ServiceAccount `order` of `shop`")),
        Bad(
            {
                "shop.yaml": _PODS
                + _MESH.format(name="order").rstrip()
                + "  # <- `callers` names the ServiceAccount `order` of `shop`\n"
            }
        ),
        Good(_policy("cluster.local/ns/shop/sa/default"), "every namespace has it"),
        Good(_policy("partner.example/ns/shop/sa/order"), "another trust domain"),
        Good(_policy("cluster.local/ns/istio-system/sa/gateway"), "a namespace that is deployed elsewhere"),
        Good(_policy("cluster.local/ns/shop/sa/*"), "a pattern"),
        Good(_policy('"cluster.local/ns/shop/sa/{{ .Values.account }}"'), "filled in later"),
        Good(_binding("order", kind="User"), "somebody outside"),
        Good(
            {
                "shop.yaml": _POLICY.format(principal="cluster.local/ns/shop/sa/order"),
            },
            "the accounts are not in the repository",
        ),
    ),
)
def policy_principal_unknown(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report identities whose account is not there, where the scope is complete or others of the namespace were found here."""
    known = {(fact.scope, fact.name) for fact in graph.selects if fact.kind == "ServiceAccount"}
    declared: dict[str, set[str]] = defaultdict(set)
    for scope, name in known:
        declared[scope].add(name)
    running: dict[str, set[str]] = defaultdict(set)
    for workload in graph.workloads:
        running[workload.scope].add(workload.service_account or "default")
        known.add((workload.scope, workload.service_account))
    identities = [fact for fact in graph.selects if fact.kind == "identity"]
    resolved: dict[str, set[str]] = defaultdict(set)
    for fact in identities:
        if fact.name in declared.get(fact.scope, ()):
            resolved[fact.scope].add(fact.name)
    here = declared.keys() | running.keys()
    for fact in identities:
        if not _is_certain(fact) or fact.scope not in here or fact.name == "default":
            continue
        if (fact.scope, fact.name) in known or (_UNSAID, fact.name) in known:
            continue
        is_complete = context.complete(fact.at.path)
        is_told = running[fact.scope] <= declared[fact.scope] | {"default"}
        if is_complete or (len(resolved[fact.scope]) >= _LEAST_KNOWN and is_told):
            policy = fact.target[1] if fact.target else ""
            namespace = fact.scope.partition(":")[2]
            yield Problem(
                f"`{policy}` names the ServiceAccount `{fact.name}` of `{namespace}`, which does not exist",
                fact.at,
                help="correct the name, create the account, or remove the entry",
                confidence=Confidence.DECLARED if is_complete else Confidence.INFERRED,
                identity=("principal", policy, fact.scope, fact.name),
            )


def _is_certain(fact: SelectFact) -> bool:
    text = fact.name + fact.scope
    return (
        not any(mark in text for mark in ("{", "$", "*"))
        and fact.scope != _UNSAID
        and str(fact.spec.get("domain", "")) in _OWN_DOMAINS
    )
