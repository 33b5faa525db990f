"""What clusters do to calls, which does not hold for the same services in a compose project."""

from archlint.api import Dependency, Evidence, Policy

CLUSTER_TOOLS = frozenset(("dapr", "flagger", "gateway-api", "ingress", "ingress-nginx", "istio", "linkerd"))
"""The tools of policies that are resources of Kubernetes, or its annotations."""


def is_of_cluster(policy: Policy) -> bool:
    """Tell whether *policy* holds in a cluster only."""
    return policy.tool in CLUSTER_TOOLS


def in_clusters(edge: Dependency) -> list[Evidence]:
    """Return the evidence of *edge* that is not of compose projects alone."""
    return [
        item
        for item in edge.evidence
        if not item.scopes or any(not scope.startswith("compose:") for scope in item.scopes)
    ]
