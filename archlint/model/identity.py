"""Who is meant: which facts speak of the same service, and what a name stands for where it is used."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from archlint.model.facts import EndpointFact, LinkFact, WorkloadFact
from archlint.source.patterns import regex

_SUFFIX = regex(r"[-_](?:service|svc|api|deployment|server|app)\Z")
_VERSION = regex(r"[-_.]v\d+\Z")
_CLUSTER = ".svc.cluster.local"
_UNSAID = "k8s:default"
_STAGES = tuple(
    (stage, regex(rf"(?:^|[/_-])(?:{names})(?:[/_-]|\Z)"))
    for stage, names in (
        ("production", "prod|production|prd|live"),
        ("staging", "staging|stage|stg|preprod|pre-prod|uat"),
        ("testing", "test|testing|qa|ci|e2e"),
        ("development", "dev|develop|development|local|kind|minikube"),
    )
)
_MOST_ROOTS = 64


class Unions:
    """Disjoint sets of hashable things."""

    def __init__(self) -> None:
        self._parents: dict[object, object] = {}

    def find(self, item: object) -> object:
        """Return the representative of *item*'s set."""
        root = item
        while (parent := self._parents.setdefault(root, root)) != root:
            root = parent
        while item != root:
            self._parents[item], item = root, self._parents[item]
        return root

    def join(self, one: object, other: object) -> None:
        """Make the sets of *one* and *other* the same."""
        first, second = self.find(one), self.find(other)
        if first != second:
            self._parents[second] = first


def normalised(name: str) -> str:
    """Return a service's name without what people add to it: case, `-service`, `-svc`, `-api`, `-v1`, separators."""
    text = name.strip().lower().replace(" ", "-")
    previous = ""
    while text != previous:
        previous = text
        text = _SUFFIX.sub("", _VERSION.sub("", text)) or text
    return re.sub(r"[^a-z0-9]", "", text)


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    """Tell whether an equality-based *selector* matches *labels* (Kubernetes, Labels and Selectors)."""
    return all(labels.get(key) == value for key, value in selector.items())


class Endpoints:
    """The names under which something can be reached, per scope."""

    def __init__(self, endpoints: Iterable[EndpointFact]) -> None:
        self._by_name: dict[tuple[str, str], list[EndpointFact]] = defaultdict(list)
        for endpoint in endpoints:
            for name in {endpoint.name, *endpoint.hostnames}:
                self._by_name[endpoint.scope, name.lower()].append(endpoint)
        self.scopes = {scope for scope, _ in self._by_name}

    def lookup(self, host: str, scope: str) -> list[EndpointFact]:
        """Return the endpoints that *host* means in *scope*: several where files are variants of each other.

        A pod of a headless Service (`db-0.db`) is the Service.
        """
        name = host.lower().rstrip(".")
        if not scope.startswith("k8s:"):
            return self._by_name.get((scope, name), [])
        parts = name.removesuffix(_CLUSTER).removesuffix(".svc").split(".")
        if len(parts) == 1:
            return self._by_name.get((scope, parts[0]), [])
        if len(parts) == 2 or name.endswith((".svc", _CLUSTER)):  # noqa: PLR2004
            found = self._by_name.get((f"k8s:{parts[-1]}", parts[-2]), [])
            pod_of = self._by_name.get((scope, parts[1]), []) if len(parts) == 2 else []  # noqa: PLR2004
            return found or [endpoint for endpoint in pod_of if endpoint.headless]
        if len(parts) == 3:  # noqa: PLR2004 - db-0.db.shop
            pod_of = self._by_name.get((f"k8s:{parts[2]}", parts[1]), [])
            return [endpoint for endpoint in pod_of if endpoint.headless]
        return []

    def unsaid(self, host: str, scope: str, *, named: bool = False) -> list[EndpointFact]:
        """Return the endpoints without a namespace that *host* may mean in *scope*: they may be applied to any.

        Where *named*, to the one that *host* names as well, if that is one of the cluster (`orders.shop.svc`).
        """
        name = host.lower().rstrip(".")
        if not scope.startswith("k8s:"):
            return []
        parts = name.removesuffix(_CLUSTER).removesuffix(".svc").split(".")
        is_full = named and len(parts) == 2 and name.endswith((".svc", _CLUSTER))  # noqa: PLR2004
        return self._by_name.get((_UNSAID, parts[0]), []) if is_full or "." not in name else []


class Variants:
    """Which files are alternatives of each other: those, and those folders, that define the same workload.

    Where *deployments* say which files are deployed together (a kustomization that no other includes, and all that it reaches), they decide.
    Two of them are alternatives where they deploy a workload or a Service of the same name, or are for different stages (`a/dev` and `b/prod`).
    """

    def __init__(
        self,
        workloads: Sequence[WorkloadFact],
        deployments: Iterable[LinkFact] = (),
        endpoints: Sequence[EndpointFact] = (),
    ) -> None:
        roots: dict[str, set[str]] = defaultdict(set)
        for link in deployments:
            if link.kind == "deployment":
                roots[link.target].add(link.source)
        self._roots = {path: frozenset(found) for path, found in roots.items()}
        self._families = _families([*workloads, *endpoints], self._roots)
        self._beside: dict[tuple[frozenset[str], frozenset[str]], bool] = {}
        self._files: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
        self._folders: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
        self._optional = {posixpath.dirname(fact.at.path) for fact in workloads if fact.extra.get("optional")}
        for workload in workloads:
            key = (workload.kind, workload.scope, workload.name)
            self._files[workload.at.path].add(key)
            self._folders[posixpath.dirname(workload.at.path)].add(key)

    def together(self, one: str, other: str) -> bool:
        """Tell whether the files *one* and *other* can be deployed together."""
        if one == other:
            return True
        roots, others = self._roots.get(one), self._roots.get(other)
        if roots and others:
            return not roots.isdisjoint(others) or self._are_beside(roots, others)
        if self._files.get(one, set()) & self._files.get(other, set()):
            return False
        first, second = posixpath.dirname(one), posixpath.dirname(other)
        if (first in self._optional) != (second in self._optional) and not self.is_overlaid(first, second):
            return False
        return first == second or not self._folders.get(first, set()) & self._folders.get(second, set())

    def are_apart(self, one: str, other: str) -> bool:
        """Tell whether only different kustomizations deploy the files *one* and *other*."""
        roots, others = self._roots.get(one), self._roots.get(other)
        return bool(roots and others and roots.isdisjoint(others))

    def _are_beside(self, roots: frozenset[str], others: frozenset[str]) -> bool:
        """Tell whether one of *roots* and one of *others* deploy different parts of a system, for the same stage."""
        known = self._beside.get((roots, others))
        if known is None:
            known = self._beside[roots, others] = any(
                self._is_beside(root, other)
                for root in sorted(roots)[:_MOST_ROOTS]
                for other in sorted(others)[:_MOST_ROOTS]
            )
        return known

    def _is_beside(self, root: str, other: str) -> bool:
        mine, theirs = self._families.get(root, {root}), self._families.get(other, {other})
        if mine is theirs:
            return False
        stages = _stage(root), _stage(other)
        if all(stages) and stages[0] != stages[1]:
            return False
        leaves = _leaf(root), _leaf(other)
        return leaves[0] == leaves[1] or not (
            any(_leaf(path) == leaves[1] for path in mine) or any(_leaf(path) == leaves[0] for path in theirs)
        )

    def is_optional(self, path: str) -> bool:
        """Tell whether *path* belongs to a part that only some deployments have."""
        return posixpath.dirname(path) in self._optional

    @staticmethod
    def is_overlaid(first: str, second: str) -> bool:
        """Tell whether two folders belong to one tree of bases, components and overlays."""
        return posixpath.dirname(posixpath.dirname(first)) == posixpath.dirname(second) or posixpath.dirname(
            posixpath.dirname(second)
        ) == posixpath.dirname(first)


def _families(
    facts: Sequence[WorkloadFact | EndpointFact], roots: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Return for each of *roots* those that deploy a workload or a Service of the same name, and those that these have one with."""
    unions = Unions()
    deployed: set[str] = set()
    for fact in facts:
        kind = fact.kind if isinstance(fact, WorkloadFact) else "Service"
        for root in roots.get(fact.at.path, ()):
            deployed.add(root)
            unions.join((kind, fact.name), root)
    groups: dict[object, list[str]] = defaultdict(list)
    for root in sorted(deployed):
        groups[unions.find(root)].append(root)
    families = [frozenset(group) for group in groups.values()]
    return {root: family for family in families for root in family}


def _leaf(path: str) -> str:
    return posixpath.basename(posixpath.dirname(path))


def _stage(path: str) -> str:
    """Return which stage of a system the kustomization at *path* is for, where its folders tell."""
    folder = posixpath.dirname(path).lower()
    return next((stage for stage, pattern in _STAGES if pattern.search(folder)), "")


def nearest(path: str, endpoints: Sequence[EndpointFact]) -> list[EndpointFact]:
    """Return those of *endpoints* whose files are nearest to *path*: the same file, the same folder, the longest common way."""
    if len(endpoints) < 2:  # noqa: PLR2004
        return list(endpoints)
    scores = [_closeness(path, endpoint.at.path) for endpoint in endpoints]
    best = max(scores)
    return [endpoint for endpoint, score in zip(endpoints, scores, strict=True) if score == best]


def _closeness(one: str, other: str) -> tuple[int, int]:
    if one == other:
        return 2, 0
    first, second = posixpath.dirname(one).split("/"), posixpath.dirname(other).split("/")
    common = 0
    for left, right in zip(first, second, strict=False):
        if left != right:
            break
        common += 1
    return int(first == second), common
