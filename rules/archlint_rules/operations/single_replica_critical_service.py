"""A service that matters runs once.

## Why is this bad?

Every restart, every drained node and every crash of the one pod is an outage of what the outside uses, or of what other services cannot do without.

## How to fix

Run at least two replicas (three, to survive a failure during a restart), spread over nodes, with a disruption budget. Where only one may run at a time, let
replicas elect a leader.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Exposure,
    Good,
    Problem,
    Related,
    Scaling,
    Service,
    ServiceGraph,
    Severity,
    WorkloadFact,
    exposed,
    infrastructure_roles,
    key_words,
    regex,
    rule,
)

_LEAST_TIER = 2
_KINDS = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout"))
_ELSEWHERE = frozenset((
    "DEV", "DEVELOPMENT", "LOCAL", "LOCALHOST", "TEST", "TESTS", "TESTING", "STAGING", "QA", "SANDBOX", "E2E", "CI", "MINIKUBE", "PREVIEW",
))  # fmt: skip
_LEADER = regex(r"leader[-_]?elect", re.IGNORECASE)
_SERVICE = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders{marker}
  namespace: {namespace}
spec:
  {replicas}
  template:
    metadata: {{labels: {{app: orders}}}}
    spec: {{containers: [{{name: orders, image: "shop/orders:1"{more}}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: orders, namespace: {namespace}}}
spec: {{type: {type}, selector: {{app: orders}}, ports: [{{port: 80}}]}}
"""
_HPA = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: orders, namespace: shop}}
spec: {{scaleTargetRef: {{kind: Deployment, name: orders}}, minReplicas: {least}, maxReplicas: 9}}
"""
_SPLIT = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders, namespace: shop}
spec:
  parentRefs: [{name: public}]
  rules: [{backendRefs: [{name: orders, port: 80, weight: 90}, {name: orders-v2, port: 80, weight: 10}]}]
"""
_MANIFEST = """
---
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
tier: {tier}
"""


def _service(
    marker: str = "",
    *,
    replicas: str = "replicas: 1",
    type: str = "LoadBalancer",  # noqa: A002
    more: str = "",
    namespace: str = "shop",
) -> str:
    return _SERVICE.format(marker=marker, replicas=replicas, type=type, more=more, namespace=namespace)


@rule(
    id="single-replica-critical-service",
    category="operations",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://sre.google/sre-book/addressing-cascading-failures/",
        "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
    ),
    examples=(
        Bad({"orders.yaml": _service("  # <- `orders` runs once, and the outside reaches it")}),
        Bad(
            {
                "orders.yaml": _service("  # <- `orders` runs once, and its tier is 1", type="ClusterIP")
                + _MANIFEST.format(tier=1)
            }
        ),
        Bad({"orders.yaml": _service("  # <- `orders` runs once") + _HPA.format(least=1)}),
        Good({"orders.yaml": _service(replicas="replicas: 2")}),
        Good({"orders.yaml": _service() + _HPA.format(least=2)}),
        Good({"orders.yaml": _service(type="ClusterIP")}, "neither public nor of a tier"),
        Good({"orders.yaml": _service(type="ClusterIP") + _MANIFEST.format(tier=3)}),
        Good(
            {"orders.yaml": _service(replicas="replicas: '{{ .Values.replicas }}'")},
            "filled in when it is rendered",
        ),
        Good(
            {"orders.yaml": _service(replicas="strategy: {type: Recreate}")}, "two are not to run at a time"
        ),
        Good({"orders.yaml": _service(more=", args: [--leader-elect=true]")}, "the replicas elect a leader"),
        Good({"orders.yaml": _service(namespace="staging")}, "not in production"),
        Good({"overlays/dev/orders.yaml": _service()}, "not in production"),
        Good(
            {"base/orders.yaml": _service(), "prod/orders.yaml": _service(replicas="replicas: 3")},
            "more in another variant",
        ),
        Good(
            {
                "orders.yaml": _service()
                + "---\n"
                + _service().partition("---")[0].replace("name: orders\n", "name: orders-v2\n")
            },
            "two workloads behind one Service",
        ),
        Good(
            {"compose.yaml": "services: {orders: {image: shop/orders, ports: ['80:80']}}"},
            "compose is one machine anyway",
        ),
    ),
)
def single_replica_critical_service(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report services of tier 1 or 2, and those with a door of their own to the outside, of which one pod runs in every variant."""
    del context
    scaling = Scaling(graph)
    doors = exposed(graph)
    for service in graph.services:
        door = next((one for one in doors.get(service.id, ()) if _is_own_door(one)), None)
        is_critical = service.tier is not None and service.tier <= _LEAST_TIER
        if not (is_critical or door) or not service.first_party or service.role in infrastructure_roles():
            continue
        workload = _only_pod(service, scaling)
        if workload is None:
            continue
        scale = scaling.of(workload)
        scaler = scale.scaler
        why = f"its tier is {service.tier}" if is_critical else "the outside reaches it"
        related = [Related("the least is set here", scaler.at)] if scaler else []
        if door is not None:
            related.append(Related("the outside reaches it here", door.at))
        is_said = scaler is not None or workload.replicas is not None
        yield Problem(
            f"`{service.name}` runs once, and {why}",
            workload.at,
            help="run at least two replicas",
            related=tuple(related),
            confidence=Confidence.DECLARED if is_said else Confidence.INFERRED,
            identity=("single-replica", service.id),
        )


def _is_own_door(exposure: Exposure) -> bool:
    """Tell whether the outside comes to this service and no other: a route to several divides its traffic between versions."""
    if exposure.route is not None:
        return (
            exposure.via is None
            and len({backend.host + backend.subset for backend in exposure.route.backends}) == 1
        )
    return exposure.way == "load-balancer"


def _only_pod(service: Service, scaling: Scaling) -> WorkloadFact | None:
    """Return the workload of which a single pod is all that *service* has in its largest variant, or `None`."""
    least: dict[tuple[str, str], int] = defaultdict(int)
    found = None
    for workload in service.workloads:
        if workload.kind not in _KINDS or _is_elsewhere(workload):
            continue
        count = scaling.of(workload).least
        if count is None or _is_single_on_purpose(workload):
            return None
        key = (workload.scope, workload.name)
        least[key] = max(least[key], count)
        found = found or workload
    return found if found is not None and sum(least.values()) == 1 else None


def _is_elsewhere(workload: WorkloadFact) -> bool:
    words = key_words(f"{workload.at.path.rpartition('/')[0]} {workload.scope}").split("_")
    return not _ELSEWHERE.isdisjoint(words)


def _is_single_on_purpose(workload: WorkloadFact) -> bool:
    """Tell whether its pods never run at a time, or elect one that works."""
    if workload.extra.get("strategy") == "Recreate":
        return True
    return any(
        _LEADER.search(word)
        for container in workload.containers
        for word in (*container.command, *(setting.key for setting in container.settings))
    )
