"""Who may do what: RBAC, identities, namespaces, and the policies of networks and meshes that are kept as they are written.

A rule of a role and a mention of an identity are facts of their own, so that findings point at them.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Fact, Pointer, SelectFact, regex
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.views import Manifest, text_map

_RBAC = "rbac.authorization.k8s.io"
_ISTIO = "security.istio.io"
_LINKERD = "policy.linkerd.io"
GROUPS = (
    "", _RBAC, _ISTIO, _LINKERD, "cilium.io", "projectcalico.org", "crd.projectcalico.org", "policy.networking.k8s.io", "crd.antrea.io",
    "gateway.envoyproxy.io", "kafka.strimzi.io",
)  # fmt: skip
_KEPT = frozenset((
    "ServerAuthorization", "MeshTLSAuthentication", "NetworkAuthentication", "HTTPLocalRateLimitPolicy",
    "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "NetworkPolicy", "GlobalNetworkPolicy", "StagedNetworkPolicy",
    "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy", "SecurityPolicy", "KafkaUser",
))  # fmt: skip
_PRINCIPAL = regex(r"(?P<domain>[^/*]+)/ns/(?P<namespace>[^/*]+)/sa/(?P<account>[^/*]+)\Z")
_MESHED = regex(r"(?P<account>[^.*]+)\.(?P<namespace>[^.*]+)\.serviceaccount\.identity\.(?P<domain>[^*]+)\Z")


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the resource, the rules of a role, and the identities that a policy or binding names."""
    if not manifest.name or "{{" in manifest.name:
        return
    if manifest.group == "":
        yield from _core(manifest)
    elif manifest.group == _RBAC:
        yield from _rbac(manifest)
    elif manifest.kind in _KEPT:
        yield kept(manifest)
    yield from _identities(manifest)


def _core(manifest: Manifest) -> Iterator[Fact]:
    if manifest.kind not in {"Namespace", "ServiceAccount"}:
        return
    spec = {
        "labels": manifest.labels,
        "annotations": manifest.annotations,
        "automountServiceAccountToken": manifest.get("automountServiceAccountToken"),
    }
    yield SelectFact(
        at=manifest.at("metadata", "name"),
        extractor="kubernetes",
        kind=manifest.kind,
        name=manifest.name,
        scope=f"k8s:{manifest.name}" if manifest.kind == "Namespace" else manifest.scope,
        spec=spec,
    )


def _rbac(manifest: Manifest) -> Iterator[Fact]:
    if manifest.kind in {"Role", "ClusterRole"}:
        yield kept(manifest, spec={"aggregated": isinstance(manifest.get("aggregationRule"), dict)})
        for index, rule in enumerate(manifest.items("rules")):
            if isinstance(rule, dict):
                yield SelectFact(
                    at=manifest.at("rules", index),
                    extractor="kubernetes",
                    kind=f"{_RBAC}/rule",
                    name=manifest.name,
                    scope=manifest.scope,
                    target=(manifest.kind, manifest.name),
                    spec=rule,
                )
    elif manifest.kind in {"RoleBinding", "ClusterRoleBinding"}:
        role = manifest.mapping("roleRef")
        yield kept(
            manifest,
            target=(str(role.get("kind", "")), str(role.get("name", ""))),
            spec={"subjects": [item for item in manifest.items("subjects") if isinstance(item, dict)]},
        )


def _identities(manifest: Manifest) -> Iterator[Fact]:
    """Yield the service accounts that *manifest* names (Istio: `DOMAIN/ns/NAMESPACE/sa/NAME` or `NAMESPACE/NAME`)."""
    kind = manifest.group, manifest.kind
    if kind == (_ISTIO, "AuthorizationPolicy"):
        for index, rule in enumerate(manifest.items("spec", "rules")):
            sources = rule.get("from") if isinstance(rule, dict) else None
            for number, entry in enumerate(sources if isinstance(sources, list) else ()):
                source = entry.get("source") if isinstance(entry, dict) else None
                if isinstance(source, dict):
                    where = ("spec", "rules", index, "from", number, "source")
                    yield from _principals(manifest, where, source)
    elif kind == (_LINKERD, "MeshTLSAuthentication"):
        yield from _mesh_names(manifest, ("spec", "identities"))
        yield from _references(manifest, ("spec", "identityRefs"))
    elif kind == (_LINKERD, "ServerAuthorization"):
        yield from _mesh_names(manifest, ("spec", "client", "meshTLS", "identities"))
        yield from _references(manifest, ("spec", "client", "meshTLS", "serviceAccounts"))
    elif kind == (_LINKERD, "AuthorizationPolicy"):
        yield from _references(manifest, ("spec", "requiredAuthenticationRefs"))
    elif kind in {(_RBAC, "RoleBinding"), (_RBAC, "ClusterRoleBinding")}:
        yield from _references(manifest, ("subjects",))


def _principals(manifest: Manifest, where: Pointer, source: dict[str, Any]) -> Iterator[Fact]:
    principals = source.get("principals")
    for index, text in enumerate(principals if isinstance(principals, list) else ()):
        match = _PRINCIPAL.match(text) if isinstance(text, str) else None
        if match:
            yield _identity(manifest, (*where, "principals", index), **match.groupdict())
    accounts = source.get("serviceAccounts")
    for index, text in enumerate(accounts if isinstance(accounts, list) else ()):
        if isinstance(text, str) and text and "*" not in text:
            namespace, _, account = text.rpartition("/")
            yield _identity(
                manifest, (*where, "serviceAccounts", index), account=account, namespace=namespace
            )


def _mesh_names(manifest: Manifest, where: tuple[str, ...]) -> Iterator[Fact]:
    for index, text in enumerate(manifest.items(*where)):
        match = _MESHED.match(text) if isinstance(text, str) else None
        if match:
            yield _identity(manifest, (*where, index), **match.groupdict())


def _references(manifest: Manifest, where: tuple[str, ...]) -> Iterator[Fact]:
    for index, entry in enumerate(manifest.items(*where)):
        if not isinstance(entry, dict) or entry.get("kind", "ServiceAccount") != "ServiceAccount":
            continue
        namespace = entry.get("namespace")
        if isinstance(entry.get("name"), str):
            yield _identity(
                manifest,
                (*where, index, "name"),
                account=entry["name"],
                namespace=namespace if isinstance(namespace, str) else "",
            )


def _identity(
    manifest: Manifest, where: Pointer, *, account: str, namespace: str, domain: str = ""
) -> SelectFact:
    return SelectFact(
        at=manifest.at(*where),
        extractor="kubernetes",
        kind="identity",
        name=account,
        scope=f"k8s:{namespace}" if namespace else manifest.scope,
        target=(manifest.kind, manifest.name),
        spec=text_map({"domain": domain, "namespace": namespace}),
    )
