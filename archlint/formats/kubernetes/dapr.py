"""Dapr: components with their metadata, subscriptions, resiliency."""

from collections.abc import Iterator

from msgspec.structs import replace

from archlint.api import DependencyFact, Fact, SelectFact, Setting, SettingsFact, regex
from archlint.formats.kubernetes.dapr_policies import channels, policies
from archlint.formats.kubernetes.views import Manifest, Workload, known_text

GROUPS = ("dapr.io",)
_KEYED = frozenset(("state", "lock", "configuration"))
_ENGINES = {
    "redis": "redis",
    "mongodb": "mongodb",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "cockroachdb": "postgresql",
    "mysql": "mysql",
    "cassandra": "cassandra",
    "memcached": "memcached",
}
_HOSTS = frozenset(("redisHost", "host", "hosts", "server", "connectionString", "url"))
_HOST = regex(
    r"(?:.*\bhost=|(?:[a-z][a-z0-9+.:-]*://)?(?:[^@/\s]*@)?(?:tcp\()?)(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)(?:[\s:/?,;)].*)?"
)
_INVOKED = regex(r"https?://(?:localhost|127\.0\.0\.1):\d{2,5}/v1\.0/invoke/(?P<app>[A-Za-z0-9][\w-]*)[./]")


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the resource, with the applications that it is meant for as its selector; without `scopes`, it is for all."""
    if manifest.kind == "Resiliency":
        yield from policies(manifest)
    elif manifest.kind == "Subscription":
        yield from channels(manifest)
    elif manifest.kind == "Component":
        yield from _used(manifest)
    if manifest.name:
        scopes = [name for name in manifest.items("scopes") if isinstance(name, str)]
        yield SelectFact(
            at=manifest.at("metadata", "name"),
            extractor="dapr",
            kind=f"Dapr{manifest.kind}",
            name=manifest.name,
            scope=manifest.scope,
            selector={"dapr.io/app-id": scopes} if scopes else None,
            spec=manifest.mapping("spec"),
        )


def _used(manifest: Manifest) -> Iterator[Fact]:
    """Yield what the applications of a component connect to through it; without `scopes`, nobody knows who uses it.

    Keys of states begin with the application's name unless `keyPrefix` says otherwise: applications share nothing there.
    """
    type_ = known_text(manifest.get("spec", "type")) or ""
    block, _, engine = type_.partition(".")
    applications = [name for name in manifest.items("scopes") if isinstance(name, str) and name]
    if not engine:
        return
    if block in _KEYED and len(applications) > 1:
        yield from _kept_apart(manifest, engine.partition(".")[0], applications)
        return
    entries = tuple(
        replace(setting, key=f"dapr.{type_}.{manifest.name}.{setting.key}") for setting in settings(manifest)
    )
    for name in applications if entries else ():
        yield SettingsFact(
            at=manifest.at("metadata", "name"),
            extractor="dapr",
            confidence=0.9,
            name=name,
            kept=True,
            entries=entries,
        )


def _kept_apart(manifest: Manifest, engine: str, applications: list[str]) -> Iterator[Fact]:
    """Yield the server that several applications use through a component which keeps their data apart."""
    for setting in settings(manifest):
        key = setting.key.rpartition(".")[2]
        match = _HOST.fullmatch(setting.value or "") if key in _HOSTS else None
        if match is None or engine not in _ENGINES:
            continue
        host = match["host"].lower()
        for name in applications:
            yield DependencyFact(
                at=setting.at,
                extractor="dapr",
                confidence=0.9,
                source=name,
                target=host if "." in host or not manifest.namespace else f"{host}.{manifest.namespace}.svc",
                kind="uses",
                scope=manifest.scope,
                protocol=_ENGINES[engine],
            )


def invocations(workload: Workload) -> Iterator[Fact]:
    """Yield the applications that *workload* calls through its sidecar, as its environment says."""
    for container in workload.containers:
        for index, entry in enumerate(container.items("env")):
            value = entry.get("value") if isinstance(entry, dict) else None
            match = _INVOKED.match(value) if isinstance(value, str) else None
            if match is not None:
                yield DependencyFact(
                    at=container.at("env", index, "value"),
                    extractor="dapr",
                    confidence=0.9,
                    source=workload.name,
                    target=match["app"],
                    kind="calls",
                    scope=workload.manifest.scope,
                    protocol="http",
                )


def settings(manifest: Manifest) -> Iterator[Setting]:
    """Yield the metadata of a component."""
    if manifest.kind != "Component":
        return
    for index, entry in enumerate(manifest.items("spec", "metadata")):
        if isinstance(entry, dict) and isinstance(entry.get("name"), str) and "value" in entry:
            yield Setting(
                key=entry["name"],
                value=known_text(entry["value"]),
                at=manifest.at("spec", "metadata", index, "value"),
                via="config",
            )
