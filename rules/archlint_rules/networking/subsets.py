"""What is wrong with the subset that a route leads to."""

from archlint.api import Backend, RouteFact, WorkloadFact

_PLAIN = frozenset(("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"))


def subset_fault(route: RouteFact, backend: Backend, subsets: dict[str, dict[str, str]] | None) -> str:
    """Return that the Service has no subset as *backend* names it; empty where it has, or nobody knows."""
    if subsets is None or backend.subset in subsets or any(sign in backend.subset for sign in "{$"):
        return ""
    has = " and ".join(f"`{name}`" for name in sorted(subsets)[:3]) or "none"
    return f"`{route.name}` leads to the subset `{backend.subset}` of `{backend.host}`, which has {has}"


def empty_fault(
    route: RouteFact, backend: Backend, subsets: dict[str, dict[str, str]], pods: list[WorkloadFact]
) -> str:
    """Return that none of the *pods* of a Service are in the subset of *backend*, where some are in another and nothing else makes more."""
    labels = subsets.get(backend.subset, {})
    if backend.weight == 0 or not labels or any(pod.kind not in _PLAIN for pod in pods):
        return ""
    full = {
        name
        for name, own in subsets.items()
        if own and any(own.items() <= pod.labels.items() for pod in pods)
    }
    if backend.subset in full or not full:
        return ""
    return (
        f"`{route.name}` leads to the subset `{backend.subset}` of `{backend.host}`, which has no pods here"
    )
