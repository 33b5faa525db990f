"""What stands before routes and services for all of their traffic: policies that ask who calls, and those that bound how often."""

import re
from collections import defaultdict
from typing import Any

from archlint.model.facts import RouteFact, SelectFact
from archlint.model.graph import Service, ServiceGraph
from archlint.model.policy import PolicyKey
from archlint.source.location import Location
from archlint.source.patterns import regex

_ISTIO_ROOT = "k8s:istio-system"
_ISTIO_POLICIES = ("security.istio.io/AuthorizationPolicy", "security.istio.io/RequestAuthentication")
_ENVOY_SECURITY = ("jwt", "oidc", "basicAuth", "apiKeyAuth", "extAuth")
_RATE_LIMIT = regex(r"rate_?limit", re.IGNORECASE)
_GATEWAYS = ("networking.istio.io/Gateway", "gateway.networking.k8s.io/Gateway")
_INSIDE = regex(r"egress|internal|private|east-?west|rilb|(?:^|[-_])ilb", re.IGNORECASE)


class Guards:
    """Finds the policies that hold for routes and services, through indices by namespace, label and name."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._spaces: dict[tuple[PolicyKey, str], Location] = {}
        self._labels: dict[tuple[str, str, str], list[tuple[PolicyKey, SelectFact]]] = defaultdict(list)
        self._targets: dict[tuple[PolicyKey, str, str], Location] = {}
        self._mesh_gateways: dict[PolicyKey, Location] = {}
        self._gateways: dict[str, list[SelectFact]] = defaultdict(list)
        for fact in graph.selects:
            if fact.kind in _ISTIO_POLICIES and asks_who(fact):
                self._istio("authorization", fact)
            elif fact.kind == "networking.istio.io/EnvoyFilter" and _RATE_LIMIT.search(str(fact.spec)):
                self._istio("rateLimit", fact)
            elif fact.kind == "policy.linkerd.io/HTTPLocalRateLimitPolicy":
                self._spaces.setdefault(("rateLimit", fact.scope), fact.at)
            elif fact.kind == "gateway.envoyproxy.io/SecurityPolicy":
                if any(fact.spec.get(key) for key in _ENVOY_SECURITY):
                    self._aim("authorization", fact)
            elif fact.kind == "gateway.envoyproxy.io/BackendTrafficPolicy" and fact.spec.get("rateLimit"):
                self._aim("rateLimit", fact)
            elif fact.kind in _GATEWAYS:
                self._gateways[fact.name].append(fact)

    def of(self, key: PolicyKey, route: RouteFact | None, service: Service) -> Location | None:
        """Return where a policy of the kind *key* stands for traffic that comes to *service* by *route*, or by a door of its own."""
        found = self._of_route(key, route) if route is not None else None
        return found or self._of_service(key, service)

    def is_inside(self, route: RouteFact) -> bool:
        """Tell whether all the gateways of *route* are known to take traffic from inside only."""
        names = route.extra.get("gateways")
        known = [
            self._gateway(name, route.scope)
            for name in (names if isinstance(names, list) else ())
            if isinstance(name, str) and name != "mesh"
        ]
        return bool(known) and all(fact is not None and _takes_inner(fact) for fact in known)

    def _gateway(self, name: str, scope: str) -> SelectFact | None:
        space, _, bare = name.rpartition("/")
        wanted = f"k8s:{space}" if space else scope
        found = self._gateways.get(bare.partition(".")[0], [])
        return next((fact for fact in found if fact.scope == wanted), found[0] if len(found) == 1 else None)

    def _istio(self, key: PolicyKey, fact: SelectFact) -> None:
        labels = _labels(fact)
        kinds = [kind for kind, _ in _references(fact)]
        if "Gateway" in kinds or any("gateway" in value.lower() for value in labels.values()):
            self._mesh_gateways.setdefault(key, fact.at)
        elif labels:
            name, value = min(labels.items())
            self._labels[fact.scope, name, value].append((key, fact))
        elif not kinds:
            self._spaces.setdefault((key, fact.scope), fact.at)

    def _aim(self, key: PolicyKey, fact: SelectFact) -> None:
        for _, name in _references(fact):
            self._targets.setdefault((key, fact.scope, name), fact.at)

    def _of_route(self, key: PolicyKey, route: RouteFact) -> Location | None:
        value = route.policy.values.get(key) if route.policy else None
        if value is not None and value.value:
            return value.at or route.at
        names = route.extra.get("gateways")
        for name in (route.name, *(names if isinstance(names, list) else ())):
            space, _, bare = str(name).rpartition("/")
            at = self._targets.get((key, f"k8s:{space}" if space else route.scope, bare))
            if at is not None:
                return at
        if route.kind != "VirtualService":
            return None
        return self._mesh_gateways.get(key) or self._spaces.get((key, _ISTIO_ROOT))

    def _of_service(self, key: PolicyKey, service: Service) -> Location | None:
        for workload in service.workloads:
            for name, value in workload.labels.items():
                for which, fact in self._labels.get((workload.scope, name, value), ()):
                    if which == key and _labels(fact).items() <= workload.labels.items():
                        return fact.at
            found = self._spaces.get((key, workload.scope))
            if found is not None:
                return found
            if workload.scope.startswith("k8s:") and (key, _ISTIO_ROOT) in self._spaces:
                return self._spaces[key, _ISTIO_ROOT]
        return None


def asks_who(fact: SelectFact) -> bool:
    """Tell whether a policy of Istio asks for an end user's identity: tokens to check, principals of requests, an authorizer."""
    if fact.kind.endswith("/RequestAuthentication"):
        return bool(fact.spec.get("jwtRules"))
    if fact.spec.get("action") == "CUSTOM":
        return True
    rules = fact.spec.get("rules")
    return any(
        word in str(rule)
        for rule in (rules if isinstance(rules, list) else ())
        for word in ("requestPrincipals", "notRequestPrincipals", "request.auth")
    )


def _takes_inner(fact: SelectFact) -> bool:
    words = [str(value) for value in (fact.selector or {}).values()]
    words.append(str(fact.spec.get("gatewayClassName", "")))
    infrastructure = fact.spec.get("infrastructure")
    annotations = infrastructure.get("annotations") if isinstance(infrastructure, dict) else None
    if isinstance(annotations, dict):
        words.extend(f"{key}={value}" for key, value in annotations.items() if str(value).lower() != "false")
    return any(_INSIDE.search(word) for word in words)


def _references(fact: SelectFact) -> list[tuple[str, str]]:
    """Return kind and name of what a policy targets."""
    many, one = fact.spec.get("targetRefs"), fact.spec.get("targetRef")
    entries = [*(many if isinstance(many, list) else ()), one]
    return [
        (str(entry.get("kind", "")), str(entry.get("name", "")))
        for entry in entries
        if isinstance(entry, dict)
    ]


def _labels(fact: SelectFact) -> dict[str, Any]:
    found: Any = fact.selector or {}
    if fact.kind == "networking.istio.io/EnvoyFilter":
        found = fact.spec.get("workloadSelector")
        found = found.get("labels") if isinstance(found, dict) else None
    else:
        found = found.get("matchLabels")
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)}
