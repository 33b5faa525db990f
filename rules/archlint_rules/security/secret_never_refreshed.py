"""A secret that is fetched once and never again.

## Why is this bad?

Rotating the secret in its store changes nothing here: the old value stays in use until somebody remembers, and after a leak that is how long the leaked value works,
or, once it is revoked, how long the service is down.

## How to fix

Let it be refreshed (`refreshPolicy: Periodic`, `refreshInterval: 1h`), and let the application notice: by a reload, or a restart when the Secret changes.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, regex, rule
from archlint.formats.kubernetes import Manifest

_SPECS = {"ExternalSecret": ("spec",), "ClusterExternalSecret": ("spec", "externalSecretSpec")}
_NONE = regex(r"0+(?:\.0+)?(?:(?:h|m|s|ms|us|µs|ns)(?:0+(?:h|m|s|ms|us|µs|ns))*)?\Z")
_BOOTSTRAP = regex(r"bootstrap|(?:^|-)init(?:ial)?(?:-|$)|(?:^|-)seed(?:-|$)")
_RESOURCE = """
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: {name}}}
spec:
  {refresh}
  secretStoreRef: {{name: vault, kind: ClusterSecretStore}}
  target: {{name: orders-database{target}}}
  {source}
"""


def _secret(
    refresh: str,
    *,
    name: str = "orders-database",
    target: str = "",
    source: str = "data: [{secretKey: password, remoteRef: {key: shop/orders}}]",
) -> str:
    return _RESOURCE.format(refresh=refresh, name=name, target=target, source=source)


@rule(
    id="secret-never-refreshed",
    category="security",
    severity=Severity.INFO,
    subject=Manifest,
    since="0.1.0",
    profile="strict",
    references=(
        "https://external-secrets.io/latest/api/externalsecret/",
        "https://external-secrets.io/latest/guides/ownership-deletion-policy/",
        "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
    ),
    applies=lambda manifest: manifest.group == "external-secrets.io" and manifest.kind in _SPECS,
    examples=(
        Bad(_secret("refreshPolicy: CreatedOnce  # <- `orders-database` is fetched once and never again")),
        Bad(_secret("refreshInterval: 0s  # <- `orders-database` is fetched once and never again")),
        Bad(_secret('refreshInterval: "0"  # <- `orders-database` is fetched once and never again')),
        Good(_secret("refreshInterval: 1h")),
        Good(_secret("refreshPolicy: Periodic"), "every hour by default"),
        Good(_secret("refreshPolicy: OnChange\n  refreshInterval: 0s"), "whenever the resource changes"),
        Good(_secret("refreshInterval: '{{ .Values.refresh }}'"), "filled in when it is rendered"),
        Good(_secret("refreshPolicy: CreatedOnce", target=", immutable: true"), "immutable on purpose"),
        Good(_secret("refreshPolicy: CreatedOnce", name="cluster-bootstrap"), "needed once, to start with"),
        Good(
            _secret(
                "refreshInterval: 0s",
                source="dataFrom: [{sourceRef: {generatorRef: {kind: Password, name: random}}}]",
            ),
            "a generated value would be another one every time",
        ),
    ),
)
def secret_never_refreshed(manifest: Manifest, context: Context) -> Iterator[Problem]:
    """Report ExternalSecrets that are created once, or whose interval is zero, but immutable, initial and generated ones."""
    del context
    keys = _SPECS[manifest.kind]
    spec = manifest.mapping(*keys)
    target = spec.get("target")
    if _BOOTSTRAP.search(manifest.name) or (isinstance(target, dict) and target.get("immutable") is True):
        return
    policy = spec.get("refreshPolicy", "Periodic")
    interval = spec.get("refreshInterval")
    key = ""
    if policy == "CreatedOnce":
        key = "refreshPolicy"
    elif policy == "Periodic" and interval is not None and _NONE.match(str(interval)):
        key = "refreshInterval"
    if key and not _is_generated(spec):
        yield Problem(
            f"`{manifest.name}` is fetched once and never again",
            manifest.at(*keys, key),
            help="refresh it periodically, such as every hour",
        )


def _is_generated(spec: dict[str, Any]) -> bool:
    """Tell whether all of a secret comes from generators."""
    sources = spec.get("dataFrom")
    if spec.get("data") or not isinstance(sources, list) or not sources:
        return False
    return all(
        isinstance(entry, dict)
        and isinstance(entry.get("sourceRef"), dict)
        and "generatorRef" in entry["sourceRef"]
        for entry in sources
    )
