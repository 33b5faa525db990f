"""Who may call whom: NetworkPolicies, Istio's and Linkerd's policies together, over what the graph knows.

A policy is for a workload where its selector matches it in its namespace, and where both can be deployed together. Where labels,
namespaces, ports or addresses are not known, the answer is `None`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from posixpath import dirname
from typing import Any

from archlint.model.facts import SelectFact, WorkloadFact
from archlint.model.graph import Dependency, ServiceGraph
from archlint.model.labels import every, is_unknown, matches, pairs
from archlint.model.mesh_policy import (
    AUTHORIZATION,
    PEER,
    ROOTS,
    Linkerd,
    action_of,
    is_allowed,
    is_denied,
    references,
    rules_of,
)
from archlint.model.network_policy import (
    KIND,
    OTHER_KINDS,
    Direction,
    admits,
    admits_dns,
    closes_all,
    directions,
    is_near,
    same_namespace,
)
from archlint.model.policy import Policy, PolicyKey, PolicyValue
from archlint.model.reach import UNREADABLE, UNSAID, Pods, Reach, selector_of

_NAME_LABEL = "kubernetes.io/metadata.name"
_INBOUND = "config.linkerd.io/default-inbound-policy"
_MODES = {"STRICT": "strict", "PERMISSIVE": "permissive", "DISABLE": "disabled"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something is allowed (`None` = not known), by which tool, and the policies that say so."""

    allowed: bool | None
    tool: str = ""
    evidence: tuple[SelectFact, ...] = ()
    direction: str = ""


class Access:
    """The access policies of a graph, found by the workloads that they are for."""

    def __init__(self, graph: ServiceGraph) -> None:
        self.graph = graph
        self.pods = Pods(graph)
        self._folders = frozenset(dirname(workload.at.path) for workload in graph.workloads)
        self._by_label: dict[tuple[str, str, str], list[SelectFact]] = defaultdict(list)
        self._wide: dict[str, list[SelectFact]] = defaultdict(list)
        self.namespaces: dict[str, list[SelectFact]] = defaultdict(list)
        self.unreadable: set[str] = set()
        """Scopes with policies of network plugins; the empty one means all."""
        for fact in graph.selects:
            if fact.kind == "Namespace":
                self.namespaces[fact.scope].append(fact)
            elif fact.kind in OTHER_KINDS:
                whole = "Cluster" in fact.kind or "Admin" in fact.kind or "Global" in fact.kind
                self.unreadable.add("" if whole or fact.scope == UNSAID else fact.scope)
            elif fact.kind in {KIND, AUTHORIZATION, PEER}:
                self._index(fact)
        self.linkerd = Linkerd(graph.selects)

    @property
    def is_empty(self) -> bool:
        """Whether nothing says anything of access."""
        return not (self._by_label or self._wide or self.linkerd.servers)

    def permits(self, reach: Reach) -> Verdict:
        """Tell whether the policies let *reach* through: all tools must."""
        verdicts = [
            self._network(reach, "egress"),
            self._network(reach, "ingress"),
            self._istio(reach),
            self._linkerd(reach),
        ]
        for verdict in verdicts:
            if verdict.allowed is False:
                return verdict
        if any(verdict.allowed is None for verdict in verdicts):
            return Verdict(None)
        said = tuple(policy for verdict in verdicts for policy in verdict.evidence)
        return Verdict(True, next((verdict.tool for verdict in verdicts if verdict.evidence), ""), said)

    def resolves_names(self, source: WorkloadFact) -> Verdict:
        """Tell whether the pods of *source* may ask a DNS server."""
        isolating, perhaps = self._isolating(source, "egress")
        if not isolating or source.host_network or self._is_unreadable(source.scope):
            return Verdict(True if not isolating else None)
        if any(admits_dns(policy) for policy in (*isolating, *perhaps)):
            return Verdict(True, "kubernetes", tuple(isolating))
        return Verdict(False, "kubernetes", tuple(isolating), "egress")

    def selecting(self, kind: str, workload: WorkloadFact) -> Iterator[tuple[SelectFact, bool | None]]:
        """Yield the policies of *kind* that may be for *workload*, each with whether it is."""
        scopes = {workload.scope, UNSAID} | (ROOTS if kind != KIND else set())
        known: set[int] = set()
        for scope in sorted(scopes):
            groups: list[Sequence[SelectFact]] = [self._wide.get(scope, ())]
            groups.extend(self._by_label.get((scope, *pair), ()) for pair in workload.labels.items())
            for policy in (policy for group in groups for policy in group):
                if policy.kind == kind and id(policy) not in known:
                    known.add(id(policy))
                    answer = self._is_for(policy, workload)
                    if answer is not False:
                        yield policy, answer

    def is_closed(self, scope: str, direction: Direction) -> bool | None:
        """Tell whether a policy closes all pods of *scope* in *direction* before others open some; a mesh that allows nobody, or only whom it names, does too.

        It is not known where policies name no namespace, and where those of network plugins may do it.
        """
        if self._is_unreadable(scope):
            return None
        result: bool | None = False
        for where in (*self._wide, *ROOTS) if scope == UNSAID else (scope, UNSAID, *ROOTS):
            for policy in self._wide.get(where, ()):
                if closes_all(policy, direction) if policy.kind == KIND else _allows_few(policy):
                    if where == scope or (where in ROOTS and policy.kind != KIND):
                        return True
                    result = None if policy.kind == KIND else result
                elif policy.kind == KIND and selector_of(policy) is UNREADABLE:
                    result = None
        said = [fact.spec.get("annotations", {}).get(_INBOUND) for fact in self.namespaces.get(scope, ())]
        return True if direction == "ingress" and "deny" in said else result

    def is_isolated(self, workload: WorkloadFact, direction: Direction) -> bool:
        """Tell whether a NetworkPolicy restricts the pods of *workload* in *direction*."""
        return bool(self._isolating(workload, direction)[0])

    def mutual_tls(self, target: WorkloadFact, port: int | None) -> tuple[str, SelectFact | None]:
        """Return Istio's mode for *port* of *target* (`STRICT`, `PERMISSIVE`, `DISABLE`) and the policy that sets it.

        The workload's policy counts before the namespace's and the mesh's; where none says anything it is `PERMISSIVE`. A mode that is not
        known is empty.
        """
        found: list[tuple[int, str, SelectFact]] = []
        for policy, answer in self.selecting(PEER, target):
            if answer is None:
                return "", None
            if policy.selector:
                ports = policy.spec.get("portLevelMtls")
                own = ports.get(str(port)) if isinstance(ports, dict) and port is not None else None
                found.append((0, _mode(own), policy))
                found.append((1, _mode(policy.spec.get("mtls")), policy))
            else:
                is_root = policy.scope in ROOTS and policy.scope != target.scope
                found.append((3 if is_root else 2, _mode(policy.spec.get("mtls")), policy))
        for _, mode, policy in sorted(found, key=lambda item: item[0]):
            if mode != "UNSET":
                return (mode if mode in _MODES else ""), policy
        return "PERMISSIVE", None

    def namespace_matches(self, selector: Any, scope: str) -> bool | None:
        """Tell whether *selector* selects the namespace of *scope*, whose own name is always one of its labels."""
        if not isinstance(selector, dict):
            return None if selector is not None else True
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            return True
        if scope == UNSAID or is_unknown(scope):
            return None
        own = {_NAME_LABEL: scope.partition(":")[2]}
        if scope not in self.namespaces:
            return matches(selector, own) if _asks_only(selector, _NAME_LABEL) else None
        answers = {
            matches(selector, {**fact.spec.get("labels", {}), **own}) for fact in self.namespaces[scope]
        }
        return answers.pop() if len(answers) == 1 else None

    def is_meshed(self, workload: WorkloadFact, tool: str) -> bool | None:
        """Tell whether the pods of *workload* have the sidecar of *tool* (`istio`, `linkerd`); `None` where nothing says so."""
        key = {"istio": "sidecar.istio.io/inject", "linkerd": "linkerd.io/inject"}[tool]
        said = workload.annotations.get(key) or workload.labels.get(key)
        if said in {"false", "disabled"}:
            return False
        if said in {"true", "enabled"}:
            return True
        for namespace in self.namespaces.get(workload.scope, ()):
            annotations = namespace.spec.get("annotations", {})
            if is_injected(namespace) if tool == "istio" else annotations.get(key) == "enabled":
                return True
        return None

    def _index(self, fact: SelectFact) -> None:
        wanted = pairs(selector_of(fact))
        known = [pair for pair in wanted if not is_unknown(pair[1])]
        if known:
            rarest = min(known, key=lambda pair: self.pods.count(fact.scope, pair))
            self._by_label[fact.scope, *rarest].append(fact)
        else:
            self._wide[fact.scope].append(fact)

    def _is_for(self, policy: SelectFact, workload: WorkloadFact) -> bool | None:
        if not self.graph.variants.together(policy.at.path, workload.at.path):
            return False
        selector = selector_of(policy)
        if policy.kind != KIND and references(policy):
            return None
        if policy.scope in ROOTS and policy.kind != KIND:
            where: bool | None = True
        else:
            where = same_namespace(policy.scope, workload.scope)
        if where and policy.scope == UNSAID and not is_near(policy.at.path, workload.at.path, self._folders):
            where = None
        return every((where, matches(selector, workload.labels)))

    def _isolating(
        self, pods: WorkloadFact, direction: Direction
    ) -> tuple[list[SelectFact], list[SelectFact]]:
        """Return the NetworkPolicies that restrict *pods* in *direction*, and those that may."""
        found: dict[bool | None, list[SelectFact]] = {True: [], None: []}
        for policy, answer in self.selecting(KIND, pods):
            if direction in directions(policy):
                found[answer].append(policy)
        return found[True], found[None]

    def _is_unreadable(self, scope: str) -> bool:
        return bool(self.unreadable) and (scope == UNSAID or not self.unreadable.isdisjoint({"", scope}))

    def _network(self, reach: Reach, direction: Direction) -> Verdict:
        pods = reach.target if direction == "ingress" else reach.source
        isolating, perhaps = self._isolating(pods, direction)
        if not isolating:
            return Verdict(None if perhaps or self._is_unreadable(pods.scope) else True)
        if reach.source.host_network or reach.target.host_network or self._is_unreadable(pods.scope):
            return Verdict(None)
        answers = [(policy, admits(policy, direction, reach, self.namespace_matches)) for policy in isolating]
        admitting = tuple(policy for policy, answer in answers if answer)
        if admitting:
            return Verdict(True, "kubernetes", admitting, direction)
        more = [admits(policy, direction, reach, self.namespace_matches) for policy in perhaps]
        if any(answer is None for _, answer in answers) or any(answer is not False for answer in more):
            return Verdict(None)
        return Verdict(False, "kubernetes", tuple(isolating), direction)

    def _istio(self, reach: Reach) -> Verdict:
        by_action: dict[tuple[str, bool | None], list[SelectFact]] = defaultdict(list)
        for policy, answer in self.selecting(AUTHORIZATION, reach.target):
            by_action[action_of(policy), answer].append(policy)
        if not by_action:
            return Verdict(True)
        if self.is_meshed(reach.target, "istio") is False or self.is_meshed(reach.source, "istio") is False:
            return Verdict(None)
        denied, denying = is_denied(by_action["DENY", True], reach)
        if denied:
            return Verdict(False, "istio", tuple(denying), "ingress")
        open_ = (
            denied is None
            or by_action["DENY", None]
            or by_action["CUSTOM", True]
            or by_action["CUSTOM", None]
        )
        allowing, perhaps = by_action["ALLOW", True], by_action["ALLOW", None]
        answer = is_allowed(allowing, reach) if allowing else not perhaps or None
        if answer is False:
            more = is_allowed(perhaps, reach)
            return Verdict(False, "istio", tuple(allowing), "ingress") if more is False else Verdict(None)
        return (
            Verdict(None) if open_ or answer is None else Verdict(True, "istio", tuple(allowing), "ingress")
        )

    def _linkerd(self, reach: Reach) -> Verdict:
        servers = self.linkerd.selecting(reach.target, reach.port)
        certain = [server for server, answer in servers if answer]
        if not certain:
            return Verdict(None if servers else True)
        if (
            self.is_meshed(reach.target, "linkerd") is False
            or self.is_meshed(reach.source, "linkerd") is False
        ):
            return Verdict(None)
        answers = {self.linkerd.authorizes(server, reach.source) for server in certain}
        allowed = answers.pop() if len(answers) == 1 else None
        return Verdict(allowed, "linkerd", tuple(certain) if allowed is not None else (), "ingress")


def is_injected(namespace: SelectFact) -> bool:
    """Tell whether the pods of *namespace* become part of Istio's mesh, with a sidecar each or ambient."""
    labels = namespace.spec.get("labels", {})
    return (
        labels.get("istio-injection") == "enabled"
        or "istio.io/rev" in labels
        or labels.get("istio.io/dataplane-mode") == "ambient"
    )


def access_policies(edge: Dependency, access: Access) -> list[Policy]:
    """Return what policies of access do to the calls of *edge*: mutual TLS and authorization, where all of its pods agree."""
    reaches = list(access.pods.reaches(edge))
    found: dict[str, dict[PolicyKey, PolicyValue]] = {}
    verdicts = [access.permits(reach) for reach in reaches]
    if verdicts and all(verdict.allowed is verdicts[0].allowed for verdict in verdicts):
        first = verdicts[0]
        if first.allowed is not None and first.evidence:
            said = "allowed" if first.allowed else "denied"
            found.setdefault(first.tool, {})["authorization"] = PolicyValue(said, first.evidence[0].at)
    modes = [access.mutual_tls(reach.target, reach.port) for reach in reaches]
    if modes and len({mode for mode, _ in modes}) == 1 and modes[0][0]:
        mode, policy = modes[0]
        if policy is not None:
            found.setdefault("istio", {})["mtls"] = PolicyValue(_MODES[mode], policy.at)
        elif any(access.is_meshed(reach.target, "istio") for reach in reaches):
            found.setdefault("istio", {})["mtls"] = PolicyValue(_MODES[mode], default=True)
    return [Policy(tool=tool, layer="sidecar", values=values) for tool, values in sorted(found.items())]


def _allows_few(policy: SelectFact) -> bool:
    """Tell whether *policy* of Istio is for a whole namespace and lets in nobody, or only whom it names, so that others have to."""
    return (
        policy.kind == AUTHORIZATION
        and not selector_of(policy)
        and not references(policy)
        and action_of(policy) == "ALLOW"
        and all(_names_sources(rule) for rule in rules_of(policy))
    )


def _names_sources(rule: dict[str, Any]) -> bool:
    sources = rule.get("from")
    return isinstance(sources, list) and bool(sources)


def _mode(mtls: Any) -> str:
    mode = mtls.get("mode") if isinstance(mtls, dict) else None
    return str(mode or "UNSET").upper()


def _asks_only(selector: dict[str, Any], key: str) -> bool:
    wanted = selector.get("matchLabels") or {}
    conditions = selector.get("matchExpressions") or []
    if not isinstance(wanted, dict) or not isinstance(conditions, list):
        return False
    return set(wanted) | {item.get("key") for item in conditions if isinstance(item, dict)} <= {key}
