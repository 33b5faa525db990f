"""A policy lets in callers that have no business there.

## Why is this bad?

What is allowed and not used is what an attacker uses: who takes over a service gets on to all that it may call. Mostly the entry was right once, before the
dependency went away.

## How to fix

Take the caller out of the policy, or add the dependency where it is missing in the catalog. Nothing is said unless the scope is declared `complete`, and of
callers of whose dependencies nothing is known.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from archlint.api import (
    Bad,
    Context,
    Good,
    Location,
    Pods,
    Problem,
    Related,
    SelectFact,
    ServiceGraph,
    Severity,
    WorkloadFact,
    rule,
)

_MOST = 20
_NETWORK = "NetworkPolicy"
_ACCESS = "security.istio.io/AuthorizationPolicy"
_PODS = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{serviceAccountName: {name}, containers: [{{name: main, image: "shop/{name}:1"{env}}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
---
"""
_ENV = ', env: [{name: STOCK_URL, value: "http://stock:80"}]'
_CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: billing}
spec: {type: service, lifecycle: production, owner: team-b, dependsOn: [component:default/orders]}
"""
_POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: stock{marker}
  namespace: shop
spec:
  podSelector: {{matchLabels: {{app: stock}}}}
  ingress:
    - from:
        - podSelector: {{matchLabels: {{app: orders}}}}
        - podSelector: {{matchLabels: {{app: {caller}}}}}
"""
_ISTIO = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: stock, namespace: shop}
spec:
  selector: {matchLabels: {app: stock}}
  rules:
    - from:
        - source:
            principals:
              - cluster.local/ns/shop/sa/billing  # <- `stock` lets `billing` in to `stock`, which no dependency needs
"""
_FOUND = "  # <- `stock` lets `billing` in to `stock`, which no dependency needs"


def _shop(policy: str, catalog: str = _CATALOG, env: str = "") -> dict[str, str]:
    pods = _PODS.format(name="orders", env=_ENV) + _PODS.format(name="stock", env="")
    return {
        "shop.yaml": pods + _PODS.format(name="billing", env=env) + policy.lstrip(),
        **({"catalog-info.yaml": catalog} if catalog else {}),
    }


@rule(
    id="policy-wider-than-dependencies",
    category="auth",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://csrc.nist.gov/pubs/sp/800/207/final",),
    tags=("security",),
    examples=(
        Bad(_shop(_POLICY.format(caller="billing", marker=_FOUND))),
        Bad(_shop(_ISTIO)),
        Good(_shop(_POLICY.format(caller="orders", marker=""))),
        Good(_shop(_POLICY.format(caller="billing", marker=""), env=_ENV), "it calls it"),
        Good(_shop(_POLICY.format(caller="billing", marker=""), ""), "nobody knows all that it calls"),
        Good(_shop(_POLICY.format(caller="prometheus", marker="")), "pods that are not here"),
    ),
)
def policy_wider_than_dependencies(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report callers that a policy names and that have no edge to any of the pods it is for, where all edges of the caller are known."""
    known = _Known(graph, context)
    policies: dict[tuple[str, str], SelectFact] = {}
    for fact in graph.selects:
        if fact.kind == _ACCESS and str(fact.spec.get("action") or "ALLOW") == "ALLOW":
            policies[fact.at.path, fact.name] = fact
    for fact in graph.selects:
        if fact.kind == _NETWORK:
            yield from _unneeded(fact, fact.at, known, _named_pods(fact, known.pods))
        elif (
            fact.kind == "identity"
            and fact.target
            and (policy := policies.get((fact.at.path, fact.target[1])))
        ):
            callers = known.accounts.get((fact.scope, fact.name), [])
            yield from _unneeded(policy, fact.at, known, callers)


class _Known:
    """Who calls whom, and of whom all calls are known."""

    def __init__(self, graph: ServiceGraph, context: Context) -> None:
        self.pods = Pods(graph)
        self.owners = {id(pod): service for service in graph.services for pod in service.workloads}
        self.accounts: dict[tuple[str, str], list[WorkloadFact]] = defaultdict(list)
        for pod in graph.workloads:
            self.accounts[pod.scope, pod.service_account or "default"].append(pod)
        self._context = context
        self._together = graph.variants.together
        self._calling = {edge.source.id for edge in graph.dependencies}
        self._calls = {
            (id(reach.source), id(reach.target))
            for edge in graph.dependencies
            for reach in self.pods.reaches(edge)
        }
        self._edges = {(edge.source.id, edge.target.name.lower()) for edge in graph.dependencies}

    def is_unneeded(self, caller: WorkloadFact, target: WorkloadFact) -> bool:
        """Tell whether no edge leads from *caller* to *target*, for certain."""
        service, other = self.owners.get(id(caller)), self.owners.get(id(target))
        if service is None or service is other or not service.first_party or service.role:
            return False
        if not (
            service.declared or (service.id in self._calling and self._context.complete(caller.at.path))
        ) or not self._together(caller.at.path, target.at.path):
            return False
        names = {target.name.lower(), (other.name if other else target.name).lower()}
        return (id(caller), id(target)) not in self._calls and not any(
            (service.id, name) in self._edges for name in names
        )


def _named_pods(policy: SelectFact, pods: Pods) -> list[WorkloadFact]:
    """Return the pods of its own namespace that *policy* admits by their labels."""
    found: dict[int, WorkloadFact] = {}
    rules = policy.spec.get("ingress")
    for entry in rules if isinstance(rules, list) else ():
        peers = entry.get("from") if isinstance(entry, dict) else None
        for peer in peers if isinstance(peers, list) else ():
            if isinstance(peer, dict) and set(peer) == {"podSelector"}:
                for pod in pods.labelled(policy.scope, _labels(peer["podSelector"])):
                    found[id(pod)] = pod
    return list(found.values())


def _unneeded(
    policy: SelectFact, at: Location, known: _Known, callers: Sequence[WorkloadFact]
) -> Iterator[Problem]:
    """Yield the services among *callers* that need none of the pods that *policy* is for; policies for crowds are coarse on purpose."""
    targets = known.pods.labelled(policy.scope, _labels(policy.selector))
    told: set[str] = set()
    for caller in callers:
        if not 0 < len(targets) <= _MOST or not all(known.is_unneeded(caller, target) for target in targets):
            continue
        name = known.owners[id(caller)].name
        if name not in told:
            told.add(name)
            yield Problem(
                f"`{policy.name}` lets `{name}` in to `{targets[0].name}`, which no dependency needs",
                at,
                help="take the caller out of the policy, or declare the dependency",
                related=(Related("the caller", caller.at), Related("what it may call", targets[0].at)),
                identity=("wider", policy.scope, policy.name, name),
            )


def _labels(selector: object) -> list[tuple[str, str]]:
    """Return the labels that *selector* asks for; none where it asks for more than labels."""
    if not isinstance(selector, dict) or selector.get("matchExpressions"):
        return []
    found = selector.get("matchLabels")
    return [(key, str(value)) for key, value in found.items()] if isinstance(found, dict) else []
