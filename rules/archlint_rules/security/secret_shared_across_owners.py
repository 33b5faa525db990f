"""Services of different owners use the same secret.

## Why is this bad?

Who rotates it breaks the others, so nobody does; who leaks it leaks it for all; and the other side cannot tell who called. Mostly it means that they also share what
the secret opens: a database.

## How to fix

Give each service credentials of its own, with the rights that it needs.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Location,
    Problem,
    Related,
    SelectFact,
    Service,
    ServiceGraph,
    Severity,
    WorkloadFact,
    infrastructure_roles,
    regex,
    rule,
)
from archlint.formats.kubernetes.secrets_operators import remote_keys

_MOST_PLACES = 4
_EXTERNAL = "external-secrets.io/ExternalSecret"
_COMMON = regex(
    r"(?:^|[-_./])(?:ca|cas|cacert|ca-?certs?|ca-?bundle|root-?ca|trust(?:store|bundle)?|tls|certs?|registry|regcred|pull-?secrets?|docker(?:config|-?hub)?|"
    r"sentry|datadog|dd|newrelic|new-relic|otel|otlp|grafana|honeycomb|dynatrace|splunk|telemetry|license|licence)(?:[-_./]|$)"
)
_DEPLOYMENT = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    spec:
      containers:
        - name: {name}
          image: shop/{name}:1
          env:
            - {{name: PASSWORD, valueFrom: {{secretKeyRef: {{name: {uses}, key: password}}}}}}{marker}
"""
_OWNER = """
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}}}
spec: {{type: service, lifecycle: production, owner: {owner}}}
"""
_FETCHED = """
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: {name}}}
spec:
  secretStoreRef: {{name: vault, kind: ClusterSecretStore}}
  data: [{{secretKey: password, remoteRef: {{key: shop/database}}}}]
"""


def _system(
    *,
    uses: str = "database",
    other: str = "",
    owner: str = "team-b",
    marker: str = "",
    fetched: bool = False,
) -> dict[str, str]:
    deployed = _DEPLOYMENT.format(name="orders", uses=uses, marker="")
    deployed += _DEPLOYMENT.format(name="stock", uses=other or uses, marker=marker)
    if fetched:
        deployed += "".join(_FETCHED.format(name=name) for name in (uses, other))
    owners = _OWNER.format(name="orders", owner="team-a") + _OWNER.format(name="stock", owner=owner)
    return {"deploy.yaml": deployed.lstrip("-\n"), "catalog-info.yaml": owners.lstrip("-\n")}


@rule(
    id="secret-shared-across-owners",
    category="security",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=("https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",),
    examples=(
        Bad(_system(marker="  # <- `stock` uses the secret `database` of `orders`, which `team-a` owns")),
        Bad(
            _system(
                uses="orders-database",
                other="stock-database",
                fetched=True,
                marker="  # <- `stock` uses the secret `shop/database` of `orders`",
            ),
            "two copies of one secret in the store",
        ),
        Good(_system(owner="team-a"), "one owner"),
        Good(_system(uses="orders-database", other="stock-database")),
        Good(_system(uses="ca-bundle"), "certificates of authorities are for everybody"),
        Good(_system(uses="sentry-dsn"), "where telemetry is sent to"),
        Good(_system(uses="regcred"), "for pulling images"),
    ),
)
def secret_shared_across_owners(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report each further owner's service that uses a Secret, or another Secret with the same source, of one deployment."""
    del context
    fetched: dict[tuple[str, str], list[SelectFact]] = defaultdict(list)
    for fact in graph.selects:
        if fact.kind == _EXTERNAL:
            target = fact.spec.get("target")
            given = target.get("name") if isinstance(target, dict) else None
            fetched[fact.scope, given if isinstance(given, str) and given else fact.name].append(fact)
    users: dict[tuple[str, str], dict[str, list[tuple[Service, Location]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    said: set[tuple[str, str]] = set()
    for service in graph.services:
        if not service.owner or service.role in infrastructure_roles():
            continue
        for workload in service.workloads:
            for space, secret, at in _used(workload, fetched):
                known = users[space, secret]
                other = _other(graph, known, service, at)
                if len(known[service.owner]) < _MOST_PLACES:
                    known[service.owner].append((service, at))
                if other is None or (service.id, other[0].id) in said:
                    continue
                said.add((service.id, other[0].id))
                shown = secret.rpartition("#")[2]
                yield Problem(
                    f"`{service.name}` uses the secret `{shown}` of `{other[0].name}`, which `{other[0].owner}` owns",
                    at,
                    help="give each service credentials of its own",
                    related=(Related(f"`{other[0].name}` uses it here", other[1]),),
                    identity=("secret-owners", service.id, other[0].id, secret),
                )


def _used(
    workload: WorkloadFact, fetched: dict[tuple[str, str], list[SelectFact]]
) -> Iterator[tuple[str, str, Location]]:
    """Yield the Secrets of *workload* with their scope, and what they are fetched from, which has none."""
    for name, at in _secrets(workload):
        sources = {key for fact in fetched.get((workload.scope, name), ()) for key in remote_keys(fact.spec)}
        if not _COMMON.search(name):
            yield workload.scope, name, at
            yield from (
                ("", source, at)
                for source in sorted(sources)
                if not _COMMON.search(source.rpartition("#")[2])
            )


def _other(
    graph: ServiceGraph, known: dict[str, list[tuple[Service, Location]]], service: Service, at: Location
) -> tuple[Service, Location] | None:
    """Return a user of another owner that is deployed together with what stands at *at*."""
    for owner, found in known.items():
        for user, place in found if owner != service.owner else ():
            if graph.variants.together(at.path, place.path):
                return user, place
    return None


def _secrets(workload: WorkloadFact) -> Iterator[tuple[str, Location]]:
    """Yield the Secrets that *workload* takes values or files from."""
    for container in workload.containers:
        for setting in container.settings:
            kind, _, rest = setting.source.partition(":")
            name = rest.partition("#")[0]
            if kind == "secret" and name and "{{" not in name:
                yield name, setting.at
    for volume in workload.volumes:
        if volume.kind == "secret" and volume.source and "{{" not in volume.source:
            yield volume.source, volume.at or workload.at
