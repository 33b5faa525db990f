"""Access in meshes: Istio's AuthorizationPolicy and PeerAuthentication, Linkerd's Server with its authorizations.

Istio: what a DENY policy matches is denied; where ALLOW policies select a workload, one of them must match. Linkerd: who calls a port of
a Server must be authorized for it. Answers are yes, no, or `None` where it depends on the request or on what is not known.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from archlint.model.facts import SelectFact, WorkloadFact
from archlint.model.labels import every, is_unknown, matches, some
from archlint.model.reach import UNSAID, Reach, named

AUTHORIZATION = "security.istio.io/AuthorizationPolicy"
PEER = "security.istio.io/PeerAuthentication"
REQUEST = "security.istio.io/RequestAuthentication"
ROOTS = frozenset(("k8s:istio-system", "k8s:istio-config", "k8s:aks-istio-system"))
"""Scopes whose policies without a selector hold for the whole mesh, as Istio is usually installed."""

SERVER = "policy.linkerd.io/Server"
SERVER_AUTHORIZATION = "policy.linkerd.io/ServerAuthorization"
LINKERD_AUTHORIZATION = "policy.linkerd.io/AuthorizationPolicy"
MESH_TLS = "policy.linkerd.io/MeshTLSAuthentication"
NETWORK = "policy.linkerd.io/NetworkAuthentication"

UNREADABLE_RULE: dict[str, Any] = {"when": "?"}
_DOMAIN = "cluster.local"
_PORT_FIELDS = frozenset(("ports", "notPorts"))
_SOURCE_FIELDS = ("principals", "namespaces", "serviceAccounts")


def action_of(policy: SelectFact) -> str:
    """Return what an Istio AuthorizationPolicy does, `ALLOW` unless it says otherwise."""
    return str(policy.spec.get("action") or "ALLOW").upper()


def rules_of(policy: SelectFact) -> list[dict[str, Any]]:
    """Return the rules of an Istio AuthorizationPolicy: without any, nothing matches. One that cannot be read is `UNREADABLE_RULE`."""
    found = policy.spec.get("rules")
    if found is None and not any(map(is_unknown, policy.spec)):
        return []
    if not isinstance(found, list):
        return [UNREADABLE_RULE]
    return [{} if rule is None else rule if isinstance(rule, dict) else UNREADABLE_RULE for rule in found]


def references(policy: SelectFact) -> list[dict[str, Any]]:
    """Return what an Istio policy is attached to by reference: a gateway or waypoint rather than pods."""
    found = policy.spec.get("targetRefs")
    one = policy.spec.get("targetRef")
    entries = [*(found if isinstance(found, list) else ()), one]
    return [entry for entry in entries if isinstance(entry, dict)]


def is_denied(policies: Iterable[SelectFact], reach: Reach) -> tuple[bool | None, list[SelectFact]]:
    """Tell whether one of the DENY *policies* matches every call of *reach*, and which."""
    answers = [
        (policy, some(_matches_rule(rule, policy, reach) for rule in rules_of(policy))) for policy in policies
    ]
    return some(answer for _, answer in answers), [policy for policy, answer in answers if answer]


def is_allowed(policies: Iterable[SelectFact], reach: Reach) -> bool | None:
    """Tell whether one of the ALLOW *policies* matches the calls of *reach*."""
    return some(_matches_rule(rule, policy, reach) for policy in policies for rule in rules_of(policy))


def account_of(workload: WorkloadFact) -> str:
    """Return the name of the service account that *workload* runs as."""
    return workload.service_account or "default"


def _matches_rule(rule: Mapping[str, Any], policy: SelectFact, reach: Reach) -> bool | None:
    sources, operations = rule.get("from"), rule.get("to")
    return every(
        (
            _any_of(sources, "source", lambda entry: _is_source(entry, policy, reach.source)),
            _any_of(operations, "operation", lambda entry: _is_operation(entry, reach.port)),
            None if rule.get("when") or any(map(is_unknown, rule)) else True,
        )
    )


def _any_of(entries: Any, key: str, test: Any) -> bool | None:
    if not isinstance(entries, list) or not entries:
        return True
    return some(
        test(entry[key]) if isinstance(entry, dict) and isinstance(entry.get(key), dict) else None
        for entry in entries
    )


def _is_operation(operation: Mapping[str, Any], port: int | None) -> bool | None:
    answers: list[bool | None] = [None] if operation.keys() - _PORT_FIELDS else []
    for field, wanted in (("ports", True), ("notPorts", False)):
        values = operation.get(field)
        if isinstance(values, list) and values:
            answers.append(None if port is None else (str(port) in map(str, values)) == wanted)
    return every(answers)


def _is_source(source: Mapping[str, Any], policy: SelectFact, workload: WorkloadFact) -> bool | None:
    known = {field for name in _SOURCE_FIELDS for field in (name, f"not{name[0].upper()}{name[1:]}")}
    answers: list[bool | None] = [None] if source.keys() - known else []
    for name in _SOURCE_FIELDS:
        for field, wanted in ((name, True), (f"not{name[0].upper()}{name[1:]}", False)):
            values = source.get(field)
            if isinstance(values, list) and values:
                found = some(_is_identity(name, str(value), policy, workload) for value in values)
                answers.append(found if wanted or found is None else not found)
    return every(answers)


def _is_identity(field: str, pattern: str, policy: SelectFact, workload: WorkloadFact) -> bool | None:
    namespace = workload.scope.partition(":")[2]
    is_said = workload.scope != UNSAID
    account = account_of(workload)
    if field == "namespaces":
        if fnmatchcase(namespace, pattern):
            return True if is_said or pattern == "*" else None
        return False if is_said else None
    if field == "serviceAccounts":
        own, _, name = pattern.rpartition("/")
        pattern = f"*/ns/{own or policy.scope.partition(':')[2]}/sa/{name}"
    if pattern == "*":
        return True
    if "{" in pattern or "$" in pattern:
        return None
    domain, slash, rest = pattern.partition("/ns/")
    if slash and "*" not in rest:
        wanted, _, name = rest.partition("/sa/")
        return every((name == account, _same_name(wanted, namespace, is_said=is_said)))
    if not is_said:
        return None
    own = f"{domain if slash else _DOMAIN}/ns/{namespace}/sa/{account}"
    return True if fnmatchcase(own, pattern) else (False if slash or pattern.startswith("*") else None)


def _same_name(wanted: str, namespace: str, *, is_said: bool) -> bool | None:
    if wanted == namespace:
        return True
    return False if is_said and wanted != "default" else None


class Linkerd:
    """Linkerd's servers and who is authorized for them, of one graph."""

    def __init__(self, selects: Sequence[SelectFact]) -> None:
        self.servers: dict[str, list[SelectFact]] = {}
        self._policies: dict[tuple[str, str, str], list[SelectFact]] = {}
        self._authentications: dict[tuple[str, str, str], list[SelectFact]] = {}
        self._legacy: dict[str, list[SelectFact]] = {}
        for fact in selects:
            if fact.kind == SERVER:
                self.servers.setdefault(fact.scope, []).append(fact)
            elif fact.kind == SERVER_AUTHORIZATION:
                self._legacy.setdefault(fact.scope, []).append(fact)
            elif fact.kind == LINKERD_AUTHORIZATION and fact.target:
                self._policies.setdefault((fact.scope, *fact.target), []).append(fact)
            elif fact.kind in {MESH_TLS, NETWORK}:
                key = (fact.kind.rpartition("/")[2], fact.scope, fact.name)
                self._authentications.setdefault(key, []).append(fact)

    def selecting(self, target: WorkloadFact, port: int | None) -> list[tuple[SelectFact, bool | None]]:
        """Return the servers that may be for *port* of *target*, each with whether it is."""
        found: list[tuple[SelectFact, bool | None]] = []
        for server in self.servers.get(target.scope, ()):
            pods = server.spec.get("podSelector")
            wanted = server.spec.get("port")
            number = named(target, wanted) if isinstance(wanted, str) and not wanted.isdecimal() else wanted
            same = None if number is None or port is None else str(number) == str(port)
            answer = every((matches(pods, target.labels) if pods is not None else False, same))
            if answer is not False:
                found.append((server, answer))
        return found

    def authorizes(self, server: SelectFact, source: WorkloadFact) -> bool | None:
        """Tell whether *source* may call *server*."""
        default = str(server.spec.get("accessPolicy") or "deny")
        if default != "deny":
            return True
        namespace = server.scope.partition(":")[2]
        policies = [
            *self._policies.get((server.scope, "Server", server.name), ()),
            *self._policies.get((server.scope, "Namespace", namespace), ()),
        ]
        routes = any(scope == server.scope and kind.endswith("Route") for scope, kind, _ in self._policies)
        return some(
            [
                *(self._is_satisfied(policy, source) for policy in policies),
                *(
                    _is_client(item.spec.get("client"), item, source)
                    for item in self._legacy.get(server.scope, ())
                    if _is_for(item, server)
                ),
                None if routes else False,
            ]
        )

    def _is_satisfied(self, policy: SelectFact, source: WorkloadFact) -> bool | None:
        wanted = policy.spec.get("requiredAuthenticationRefs")
        return every(
            self._authenticates(entry, policy, source)
            for entry in (wanted if isinstance(wanted, list) else ())
        )

    def _authenticates(self, entry: Any, policy: SelectFact, source: WorkloadFact) -> bool | None:
        if not isinstance(entry, dict):
            return None
        scope = f"k8s:{entry['namespace']}" if entry.get("namespace") else policy.scope
        kind, name = entry.get("kind"), str(entry.get("name"))
        if kind == "ServiceAccount":
            return every((name == account_of(source), _same_scope(scope, source.scope)))
        found = self._authentications.get((str(kind), scope, name), [])
        if not found or kind != "MeshTLSAuthentication":
            return None
        return some(_is_meshed(item.spec, item, source) for item in found)


def _is_for(authorization: SelectFact, server: SelectFact) -> bool:
    wanted = authorization.spec.get("server")
    if not isinstance(wanted, dict) or "name" not in wanted:
        return True
    return bool(wanted["name"] == server.name)


def _is_client(client: Any, item: SelectFact, source: WorkloadFact) -> bool | None:
    if not isinstance(client, dict):
        return None
    wanted = item.spec.get("server")
    is_named = isinstance(wanted, dict) and "name" in wanted
    mesh = client.get("meshTLS")
    if client.get("networks") or not isinstance(mesh, dict):
        return True if client.get("unauthenticated") is True and is_named else None
    if mesh.get("unauthenticatedTLS") is True:
        return True if is_named else None
    answer = _is_meshed(
        {"identities": mesh.get("identities"), "identityRefs": mesh.get("serviceAccounts")}, item, source
    )
    return answer if is_named or answer is False else None


def _is_meshed(spec: Mapping[str, Any], item: SelectFact, source: WorkloadFact) -> bool | None:
    """Tell whether *source* is one of the identities of *spec* (`NAME.NAMESPACE.serviceaccount.identity.…`)."""
    names, accounts = spec.get("identities"), spec.get("identityRefs")
    answers: list[bool | None] = []
    for text in names if isinstance(names, list) else ():
        wanted = str(text)
        if wanted == "*":
            answers.append(True)
        elif "*" in wanted or "{" in wanted:
            answers.append(None)
        else:
            name, _, rest = wanted.partition(".")
            answers.append(
                every(
                    (name == account_of(source), _same_scope(f"k8s:{rest.partition('.')[0]}", source.scope))
                )
            )
    for entry in accounts if isinstance(accounts, list) else ():
        if not isinstance(entry, dict) or entry.get("kind", "ServiceAccount") != "ServiceAccount":
            answers.append(None)
            continue
        scope = f"k8s:{entry['namespace']}" if entry.get("namespace") else item.scope
        answers.append(
            every((str(entry.get("name")) == account_of(source), _same_scope(scope, source.scope)))
        )
    return some(answers)


def _same_scope(one: str, other: str) -> bool | None:
    if one == other:
        return True
    return None if UNSAID in {one, other} else False
