"""Kubernetes NetworkPolicies: what the pods that they select may receive and send (Kubernetes, Network Policies).

A pod that no policy selects for a direction is open in it. Otherwise what one of the policies admits is admitted: they add up. The
ports are those of the pods. Answers are yes, no, or `None` where labels, names or addresses are not known.
"""

import posixpath
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any, Literal

from archlint.model.facts import SelectFact, WorkloadFact
from archlint.model.labels import every, is_unknown, matches, some
from archlint.model.reach import UNSAID, Reach, named, selector_of

type Direction = Literal["ingress", "egress"]

KIND = "NetworkPolicy"
OTHER_KINDS = frozenset((
    "cilium.io/CiliumNetworkPolicy", "cilium.io/CiliumClusterwideNetworkPolicy", "projectcalico.org/NetworkPolicy",
    "projectcalico.org/GlobalNetworkPolicy", "crd.projectcalico.org/NetworkPolicy", "crd.projectcalico.org/GlobalNetworkPolicy",
    "policy.networking.k8s.io/AdminNetworkPolicy", "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
    "policy.networking.k8s.io/ClusterNetworkPolicy", "crd.antrea.io/NetworkPolicy", "crd.antrea.io/ClusterNetworkPolicy",
))  # fmt: skip
"""Policies of network plugins that may admit or refuse more."""

_DNS = (53, 5353)
_NESTED = frozenset(("components", "overlays", "environments", "envs", "variants", "bases", "base"))


def directions(policy: SelectFact) -> set[str]:
    """Return what *policy* restricts: what it says, by default ingress, and egress where it has rules for that."""
    said = policy.spec.get("policyTypes")
    if isinstance(said, list) and said:
        return {str(item).lower() for item in said}
    return {"ingress", "egress"} if policy.spec.get("egress") else {"ingress"}


def rules(policy: SelectFact, direction: Direction) -> list[dict[str, Any]]:
    """Return the rules of *policy*; an empty one admits everything."""
    found = policy.spec.get(direction)
    return [item if isinstance(item, dict) else {} for item in found] if isinstance(found, list) else []


def is_for_all(policy: SelectFact) -> bool:
    """Tell whether *policy* is for every pod of its namespace."""
    selector = selector_of(policy)
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def has_gaps(policy: SelectFact, direction: Direction) -> bool:
    """Tell whether rules of *policy* cannot be read: a template stands for them."""
    written = policy.spec.get(direction)
    return any(map(is_unknown, policy.spec)) or (written is not None and not isinstance(written, list))


def peers(rule: Mapping[str, Any], direction: Direction) -> list[dict[str, Any]] | None:
    """Return whom *rule* is about; `None` means everybody."""
    found = rule.get("from" if direction == "ingress" else "to")
    if not isinstance(found, list) or not found:
        return None
    return [item if isinstance(item, dict) else {} for item in found]


def is_near(policy: str, workload: str, folders: frozenset[str]) -> bool:
    """Tell whether the files belong to one deployment as far as folders tell; *folders* are those that hold workloads.

    Where nobody names a namespace, all of a repository would be one otherwise.
    """
    here, there = posixpath.dirname(policy), posixpath.dirname(workload)
    if here == there or not here or not there or f"{there}/".startswith(f"{here}/"):
        return True
    if f"{here}/".startswith(f"{there}/"):
        return True
    if here in folders:
        return False
    above = posixpath.dirname(here)
    if posixpath.basename(above) in _NESTED:
        above = posixpath.dirname(above)
    return not above or f"{there}/".startswith(f"{above}/")


def admits(
    policy: SelectFact,
    direction: Direction,
    reach: Reach,
    namespace_matches: Callable[[Any, str], bool | None],
) -> bool | None:
    """Tell whether one of the rules of *policy* admits *reach*."""
    other = reach.source if direction == "ingress" else reach.target
    answers = [
        every(
            (
                _admits_peer(peers(rule, direction), policy, other, namespace_matches),
                _admits_port(rule.get("ports"), direction, reach),
            )
        )
        for rule in rules(policy, direction)
    ]
    return some([*answers, None if has_gaps(policy, direction) else False])


def admits_dns(policy: SelectFact) -> bool:
    """Tell whether one of the egress rules of *policy* may lead to a DNS server, which is in another namespace or outside."""
    if policy.scope == "k8s:kube-system":
        return True
    return has_gaps(policy, "egress") or any(
        _may_be_dns(rule.get("ports")) and (found is None or any(_may_be_far(peer) for peer in found))
        for rule in rules(policy, "egress")
        for found in [peers(rule, "egress")]
    )


def _may_be_dns(ports: Any) -> bool:
    if not isinstance(ports, list) or not ports:
        return True
    return any(not isinstance(port, dict) or _covers(port, number) for port in ports for number in _DNS)


def _covers(port: Mapping[str, Any], number: int) -> bool:
    first, last = port.get("port"), port.get("endPort")
    if not isinstance(first, int):
        return True
    return first <= number <= (last if isinstance(last, int) else first)


def _may_be_far(peer: Mapping[str, Any]) -> bool:
    return "ipBlock" in peer or "namespaceSelector" in peer or "podSelector" not in peer


def _admits_peer(
    found: list[dict[str, Any]] | None,
    policy: SelectFact,
    other: WorkloadFact,
    namespace_matches: Callable[[Any, str], bool | None],
) -> bool | None:
    return found is None or some(_is_peer(peer, policy, other, namespace_matches) for peer in found)


def _is_peer(
    peer: Mapping[str, Any],
    policy: SelectFact,
    other: WorkloadFact,
    namespace_matches: Callable[[Any, str], bool | None],
) -> bool | None:
    if "ipBlock" in peer:
        return _may_hold_pods(peer["ipBlock"])
    if not ("podSelector" in peer or "namespaceSelector" in peer):
        return None
    if "namespaceSelector" in peer:
        in_namespace = namespace_matches(peer["namespaceSelector"], other.scope)
    else:
        in_namespace = same_namespace(policy.scope, other.scope)
    return every((in_namespace, matches(peer.get("podSelector"), other.labels)))


def same_namespace(one: str, other: str) -> bool | None:
    """Tell whether two scopes are one namespace; who names none may be in any."""
    if one == other:
        return True
    return None if UNSAID in {one, other} or is_unknown(one) or is_unknown(other) else False


def _may_hold_pods(block: Any) -> bool | None:
    """Tell whether pods have addresses in *block*: never in a public one, and always where it is everything."""
    if not isinstance(block, dict):
        return None
    try:
        network = ip_network(str(block.get("cidr")), strict=False)
    except ValueError:
        return None
    if network.prefixlen == 0:
        return None if block.get("except") else True
    return False if network.is_global else None


def _admits_port(ports: Any, direction: Direction, reach: Reach) -> bool | None:
    if not isinstance(ports, list) or not ports:
        return True
    return some(_is_port(port, direction, reach) for port in ports)


def _is_port(port: Any, direction: Direction, reach: Reach) -> bool | None:
    if not isinstance(port, dict):
        return None
    if str(port.get("protocol") or "TCP").upper() != "TCP":
        return False
    first, last = port.get("port"), port.get("endPort")
    if first is None:
        return True
    if isinstance(first, str):
        first = int(first) if first.isdecimal() else named(reach.target, first)
    if not isinstance(first, int) or reach.port is None:
        return None
    if first <= reach.port <= (last if isinstance(last, int) else first):
        return True
    return None if direction == "egress" and first == reach.service_port else False


def closes_all(policy: SelectFact, direction: Direction) -> bool:
    """Tell whether *policy* restricts every pod of its namespace in *direction*, and does not admit everybody at the same time."""
    return (
        is_for_all(policy)
        and direction in directions(policy)
        and all(peers(rule, direction) is not None or rule.get("ports") for rule in rules(policy, direction))
    )
