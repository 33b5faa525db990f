"""Who issues the tokens that a mesh or gateway checks before a service."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from archlint.api import Location, Pods, SelectFact, Service, ServiceGraph, exposures

_TOKENS = "security.istio.io/RequestAuthentication"
_ROOT = "k8s:istio-system"
_FAMILIES = (
    ("google", ("accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com", "openidconnect.googleapis.com")),
    ("microsoft", ("login.microsoftonline.com", "sts.windows.net", "login.windows.net")),
    ("github", ("github.com", "api.github.com", "token.actions.githubusercontent.com")),
)  # fmt: skip


def host_of(url: object) -> str:
    """Return the host of an absolute *url*, or an empty string where it is not known."""
    if not isinstance(url, str) or "{" in url or "$" in url:
        return ""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def provider_of(host: str, aliases: dict[str, str]) -> str:
    """Return which provider of identities *host* belongs to: hosts that are known to be one are one."""
    name = aliases.get(host, host)
    if name.endswith((".amazoncognito.com", ".amazonaws.com")):
        return "cognito"
    return next((family for family, hosts in _FAMILIES if name in hosts), name)


@dataclass(frozen=True, slots=True)
class Check:
    """A place where tokens are checked, with the hosts that may have issued them."""

    name: str
    at: Location
    hosts: frozenset[str]


def checked(graph: ServiceGraph) -> dict[str, list[Check]]:
    """Return for the ids of services the token checks before them, of the mesh and of the routes of Kong and Envoy."""
    ways = exposures(graph)
    found: dict[str, list[Check]] = defaultdict(list)
    for way in ways:
        said = way.route.extra.get("issuers") if way.route is not None else None
        hosts = frozenset(host for url in said if (host := host_of(url))) if isinstance(said, list) else None
        if hosts and way.route is not None:
            found[way.service.id].append(Check(way.route.name, way.route.at, hosts))
    policies = [(fact, hosts) for fact in graph.selects if fact.kind == _TOKENS and (hosts := _issuers(fact))]
    if not policies:
        return found
    pods = Pods(graph)
    owners = {id(workload): service for service in graph.services for workload in service.workloads}
    public = list({way.service.id: way.service for way in ways}.values())
    for fact, hosts in policies:
        for service in _guarded(fact, pods, owners, public):
            found[service.id].append(Check(fact.name, fact.at, hosts))
    return found


def written(service: Service, *, hidden: bool = True) -> Iterator[tuple[str, str, Location]]:
    """Yield what the contracts of *service* say, *hidden* ones as well: kind (`user`, `machine`, `basic`), host and place."""
    for api in service.apis:
        if api.visibility in {"internal", "partner"} and not hidden:
            continue
        for text, at in api.traits.get("authentication", ()):
            kind, _, host = text.partition(" ")
            if host != "localhost":
                yield kind, host, at


def _issuers(fact: SelectFact) -> frozenset[str]:
    rules = fact.spec.get("jwtRules")
    entries = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    if any(not host_of(rule.get("issuer")) and not host_of(rule.get("jwksUri")) for rule in entries):
        return frozenset()
    return frozenset(
        host for rule in entries for key in ("issuer", "jwksUri") if (host := host_of(rule.get(key)))
    )


def _guarded(
    fact: SelectFact, pods: Pods, owners: dict[int, Service], public: list[Service]
) -> list[Service]:
    """Return the services that *fact* is for: behind the labels, in the namespace, or behind the gateway."""
    found = (fact.selector or {}).get("matchLabels")
    labels = [(key, str(value)) for key, value in found.items()] if isinstance(found, dict) else []
    at_gateway = any("gateway" in value.lower() for _, value in labels) or "Gateway" in str(
        fact.spec.get("targetRefs", fact.spec.get("targetRef", ""))
    )
    if at_gateway or (not labels and fact.scope == _ROOT):
        return public
    workloads = pods.labelled(fact.scope, labels) if labels else pods.by_scope.get(fact.scope, [])
    return list(dict.fromkeys(owners[id(workload)] for workload in workloads if id(workload) in owners))
