"""A namespace whose pods are open until a policy closes them.

## Why is this bad?

Without a NetworkPolicy that selects all pods, each new pod may be called by every other pod of the cluster, and whoever takes over one of them reaches all
the others: trust by place in the network.

## How to fix

Add a NetworkPolicy with `podSelector: {}` and `policyTypes: [Ingress]` and no rules, and admit in others what is needed. With the option `egress`, the same is
asked for what pods may call.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from archlint.api import (
    Access,
    Bad,
    Confidence,
    Context,
    Good,
    Options,
    Problem,
    Related,
    ServiceGraph,
    Severity,
    WorkloadFact,
    rule,
)

_DIRECTIONS: tuple[Literal["ingress"], Literal["egress"]] = ("ingress", "egress")
_ENDING = frozenset(("Job", "CronJob"))
_POD = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders{marker}
  namespace: shop
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec: {{containers: [{{name: main, image: "shop/orders:1"}}]}}
"""
_POLICY = """
---
apiVersion: {api}
kind: {kind}
metadata: {{name: policy, namespace: {namespace}}}
spec: {spec}
"""
_FOUND = "nothing closes the pods of the namespace `shop` by default"


def _both(
    spec: str = "",
    marker: str = "",
    *,
    api: str = "networking.k8s.io/v1",
    kind: str = "NetworkPolicy",
    namespace: str = "shop",
) -> dict[str, str]:
    policy = _POLICY.format(api=api, kind=kind, spec=spec, namespace=namespace) if spec else ""
    return {"shop.yaml": _POD.format(marker=f"  # <- {marker}" if marker else "") + policy}


class NetworkOptions(Options, frozen=True, kw_only=True):
    """Which directions are asked for."""

    egress: Annotated[bool, Meta(description="Ask for a policy about what pods may call as well.")] = False


@rule(
    id="no-default-deny-network",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        "https://csrc.nist.gov/pubs/sp/800/207/final",
    ),
    tags=("security",),
    options=NetworkOptions,
    examples=(
        Bad(_both(marker=_FOUND)),
        Bad(
            _both(
                "{podSelector: {matchLabels: {app: billing}}, policyTypes: [Ingress]}",
                _FOUND,
            ),
            "for some pods only",
        ),
        Bad(_both("{podSelector: {}, ingress: [{}]}", _FOUND), "admits everybody"),
        Bad(
            _both(
                "{podSelector: {}}",
                "nothing closes the pods of the namespace `shop` by default (egress)",
            ),
            options={"egress": True},
        ),
        Good(_both("{podSelector: {}, policyTypes: [Ingress]}")),
        Good(_both("{podSelector: {}, policyTypes: [Ingress, Egress]}"), options={"egress": True}),
        Good(_both("{}", api="cilium.io/v2", kind="CiliumNetworkPolicy"), "policies of a network plugin"),
        Good(
            _both("{}", api="policy.networking.k8s.io/v1alpha1", kind="AdminNetworkPolicy"), "of the cluster"
        ),
        Good(_both("{}", api="security.istio.io/v1", kind="AuthorizationPolicy"), "the mesh allows nobody"),
        Good(
            _both(
                "{rules: [{from: [{source: {namespaces: [shop]}}]}]}",
                api="security.istio.io/v1",
                kind="AuthorizationPolicy",
            ),
            "only those of the namespace",
        ),
        Good(
            {"shop.yaml": _both("{podSelector: {}}")["shop.yaml"].replace("namespace: shop}", "labels: {}}")},
            "a policy that does not say where it is applied",
        ),
        Good({"compose.yaml": "services: {a: {image: a}}"}, "no cluster"),
    ),
)
def no_default_deny_network(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report namespaces with services of ours that no policy closes; as info where policies select all those services one by one."""
    access = Access(graph)
    found: dict[str, list[WorkloadFact]] = defaultdict(list)
    for service in graph.services:
        for workload in service.workloads if service.first_party else ():
            if (
                workload.scope.startswith("k8s:")
                and workload.kind not in _ENDING
                and "{" not in workload.scope
            ):
                found[workload.scope].append(workload)
    for scope, workloads in sorted(found.items()):
        for direction in _DIRECTIONS if context.options.egress else _DIRECTIONS[:1]:
            if access.is_closed(scope, direction) is not False:
                continue
            first, *others = sorted(workloads, key=lambda workload: (workload.at.path, workload.name))
            covered = all(access.is_isolated(workload, direction) for workload in workloads)
            said = f"the namespace `{scope.partition(':')[2]}`"
            where = said if scope != "k8s:default" else f"the namespace of `{first.name}`"
            more = "" if direction == "ingress" else " (egress)"
            yield Problem(
                f"nothing closes the pods of {where} by default{more}",
                first.at,
                help="add a NetworkPolicy with `podSelector: {}` and no rules",
                related=tuple(Related("these pods are open as well", other.at) for other in others[:3]),
                severity=Severity.INFO if covered else None,
                confidence=Confidence.DECLARED if context.complete(first.at.path) else Confidence.INFERRED,
                identity=("default-deny", scope, direction),
            )
