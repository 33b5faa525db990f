"""Several services run as one identity.

## Why is this bad?

The mesh, the API server and the cloud tell services apart by their accounts. Where two share one, no policy can allow one of them something and not the other, and
who takes over one has the rights of both.

## How to fix

Give every service a service account (and Kafka user, and IAM role) of its own, and name it in `serviceAccountName`.
"""

from collections import defaultdict
from collections.abc import Iterator
from posixpath import dirname

from archlint.api import (
    Access,
    Bad,
    Context,
    Good,
    Problem,
    Related,
    SelectFact,
    Service,
    ServiceGraph,
    Severity,
    WorkloadFact,
    plain_name,
    regex,
    rule,
)

_ROLES = ("eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id")
_COLOUR = regex(r"[-_](?:blue|green|canary|stable|primary|preview|baseline|v\d+)\Z")
_MOST = 10
_MESHES = ("istio", "linkerd")
type Key = tuple[str, str, str]
"""Namespace, account, system."""

_POD = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}{marker}
  namespace: shop
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: main, image: "shop/{name}:1"}}]{more}}}
---
"""
_ACCOUNT = """
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {name}, namespace: shop{annotations}}}
{more}
---
"""


_FILES = ", volumes: [{name: kafka, secret: {secretName: shop}}]"
_USER = """
apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata: {name: shop, namespace: shop, labels: {strimzi.io/cluster: main}}
spec: {authentication: {type: tls}}
"""


def _pod(name: str, account: str = "", marker: str = "", files: str = "") -> str:
    more = (f", serviceAccountName: {account}" if account else "") + files
    return _POD.format(name=name, more=more, marker=f"  # <- {marker}" if marker else "")


def _account(name: str, more: str = "", role: str = "") -> str:
    annotations = f", annotations: {{eks.amazonaws.com/role-arn: {role}}}" if role else ""
    return _ACCOUNT.format(name=name, more=more, annotations=annotations)


@rule(
    id="shared-service-identity",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://kubernetes.io/docs/concepts/security/service-accounts/",
        "https://spiffe.io/docs/latest/spiffe-about/spiffe-concepts/",
        "https://docs.cloudera.com/csm-operator/1.7/kafka-security/topics/csm-op-user-management.html",
        "https://csrc.nist.gov/pubs/sp/800/207/final",
    ),
    tags=("security",),
    examples=(
        Bad(
            {
                "shop.yaml": _pod(
                    "billing", "shop", "`billing` and `orders` run as the ServiceAccount `shop`"
                )
                + _pod("orders", "shop")
            }
        ),
        Bad({"shop.yaml": _pod("billing", marker="run as the ServiceAccount `default`") + _pod("orders")}),
        Bad(
            {
                "shop.yaml": _pod(
                    "billing",
                    "billing",
                    "`billing` and `orders` run as the cloud role `arn:aws:iam::1:role/shop`",
                )
                + _pod("orders", "orders")
                + _account("billing", role='"arn:aws:iam::1:role/shop"')
                + _account("orders", role='"arn:aws:iam::1:role/shop"')
            }
        ),
        Bad(
            {
                "shop.yaml": _pod(
                    "billing", "billing", "`billing` and `orders` run as the KafkaUser `shop`", _FILES
                )
                + _pod("orders", "orders", files=_FILES)
                + _USER
            }
        ),
        Good({"shop.yaml": _pod("billing", "billing") + _pod("orders", "orders")}),
        Good({"shop.yaml": _pod("billing", "billing", files=_FILES) + _pod("orders", "orders") + _USER}),
        Good(
            {
                "one/billing.yaml": _pod("billing").replace("namespace: shop", ""),
                "two/orders.yaml": _pod("orders").replace("namespace: shop", ""),
            },
            "nothing says that they are deployed into one namespace",
        ),
        Good(
            {"shop.yaml": _pod("orders-blue", "orders") + _pod("orders-green", "orders")},
            "one service in two colours",
        ),
        Good(
            {
                "shop.yaml": _pod("billing", "'{{ .Values.account }}'")
                + _pod("orders", "'{{ .Values.account }}'"),
            },
            "filled in when it is rendered",
        ),
        Good({"compose.yaml": "services: {a: {image: a}, b: {image: b}}"}, "no service accounts"),
    ),
)
def shared_service_identity(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report accounts as which several first-party services run, and cloud roles that several accounts of theirs have.

    Without a mesh and without a token, `default` identifies nobody: info then.
    """
    del context
    access = Access(graph)
    users = _users(graph, _systems(graph))
    accounts = {(fact.scope, fact.name): fact for fact in graph.selects if fact.kind == "ServiceAccount"}
    by_role: dict[str, list[tuple[Service, WorkloadFact]]] = defaultdict(list)
    for (scope, account, system), running in sorted(users.items()):
        fact = accounts.get((scope, account))
        for role in _cloud_roles(fact):
            by_role[role].extend(running)
        together = _deployed_together(running, graph)
        if len(together) > 1:
            is_idle = account == "default" and _has_no_token(fact, together)
            in_mesh = any(access.is_meshed(workload, tool) for _, workload in together for tool in _MESHES)
            yield _problem(
                together,
                f"the ServiceAccount `{account}`",
                (scope, account, system),
                is_idle=is_idle and not in_mesh,
            )
    for (scope, user), running in sorted(_kafka_users(graph).items()):
        together = _deployed_together(running, graph)
        if len(together) > 1:
            yield _problem(together, f"the KafkaUser `{user}`", ("kafka", scope, user), is_idle=False)
    for role, running in sorted(by_role.items()):
        together = _deployed_together(running, graph)
        if len({workload.service_account for _, workload in together}) > 1:
            yield _problem(together, f"the cloud role `{role}`", ("role", role), is_idle=False)


def _users(graph: ServiceGraph, systems: dict[str, str]) -> dict[Key, list[tuple[Service, WorkloadFact]]]:
    found: dict[Key, list[tuple[Service, WorkloadFact]]] = defaultdict(list)
    for service in graph.services:
        for workload in service.workloads if service.first_party and not service.role else ():
            account = workload.service_account or "default"
            if workload.scope.startswith("k8s:") and not {"{", "$"} & set(account):
                system = systems[service.id] if workload.scope == "k8s:default" else ""
                found[workload.scope, account, system].append((service, workload))
    return found


def _kafka_users(graph: ServiceGraph) -> dict[tuple[str, str], list[tuple[Service, WorkloadFact]]]:
    """Return who has the Secret of a KafkaUser, which Strimzi gives the user's name."""
    users = {(fact.scope, fact.name) for fact in graph.selects if fact.kind == "kafka.strimzi.io/KafkaUser"}
    found: dict[tuple[str, str], list[tuple[Service, WorkloadFact]]] = defaultdict(list)
    for service in graph.services if users else ():
        for workload in service.workloads if service.first_party and not service.role else ():
            secrets = {volume.source for volume in workload.volumes if volume.kind == "secret"}
            for container in workload.containers:
                sources = (setting.source for setting in container.settings)
                secrets.update(
                    source.removeprefix("secret:").partition("#")[0]
                    for source in sources
                    if source.startswith("secret:")
                )
            for name in sorted(secrets):
                if (workload.scope, name) in users:
                    found[workload.scope, name].append((service, workload))
    return found


def _systems(graph: ServiceGraph) -> dict[str, str]:
    """Return which services belong together where no namespace tells: those of a folder, and those that depend on each other."""
    beside: dict[str, set[str]] = defaultdict(set)
    for service in graph.services:
        for workload in service.workloads:
            folder = f"folder:{dirname(workload.at.path)}"
            beside[service.id].add(folder)
            beside[folder].add(service.id)
    for edge in graph.dependencies:
        beside[edge.source.id].add(edge.target.id)
        beside[edge.target.id].add(edge.source.id)
    found: dict[str, str] = {}
    for service in graph.services:
        pending = [service.id] if service.id not in found else []
        while pending:
            name = pending.pop()
            if name not in found:
                found[name] = service.id
                pending.extend(beside[name])
    return found


def _deployed_together(
    running: list[tuple[Service, WorkloadFact]], graph: ServiceGraph
) -> list[tuple[Service, WorkloadFact]]:
    """Return one workload of each service, of those that can be deployed with the first; colours of one service are one."""
    ordered = sorted(running, key=lambda item: (item[1].at.path, item[0].name))
    chosen: dict[str, tuple[Service, WorkloadFact]] = {}
    for service, workload in ordered:
        if graph.variants.together(ordered[0][1].at.path, workload.at.path):
            chosen.setdefault(_COLOUR.sub("", plain_name(_COLOUR.sub("", service.name))), (service, workload))
    return list(chosen.values())


def _has_no_token(account: SelectFact | None, running: list[tuple[Service, WorkloadFact]]) -> bool:
    if account is not None and account.spec.get("automountServiceAccountToken") is False:
        return True
    return all(workload.extra.get("noToken") is True for _, workload in running)


def _cloud_roles(account: SelectFact | None) -> list[str]:
    annotations = account.spec.get("annotations", {}) if account is not None else {}
    roles = [str(annotations[key]) for key in _ROLES if annotations.get(key)]
    return [role for role in roles if "{" not in role and "$" not in role]


def _problem(
    running: list[tuple[Service, WorkloadFact]], account: str, identity: tuple[str, ...], *, is_idle: bool
) -> Problem:
    names = sorted(f"`{service.name}`" for service, _ in running)
    shown = f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} and {len(names) - 1} others"  # noqa: PLR2004
    (_, first), *others = running
    return Problem(
        f"{shown} run as {account}",
        first.at,
        help="give each of them an account of its own",
        related=tuple(Related(f"`{service.name}` does", workload.at) for service, workload in others[:_MOST]),
        severity=Severity.INFO if is_idle else None,
        identity=("identity", *identity),
    )
