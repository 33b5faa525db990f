"""cert-manager: certificates, the Secrets that they are written to, and who issues them."""

from collections.abc import Iterator

from archlint.api import ConfigFact, Fact, Setting
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("cert-manager.io",)
_KINDS = frozenset(("Certificate", "Issuer", "ClusterIssuer"))
_ENTRIES = ("tls.crt", "tls.key", "ca.crt")


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the resource, and the Secret that a certificate makes."""
    if manifest.kind not in _KINDS or not manifest.name:
        return
    yield kept(manifest)
    name = manifest.get("spec", "secretName")
    if manifest.kind == "Certificate" and isinstance(name, str):
        at = manifest.at("spec", "secretName")
        yield ConfigFact(
            at=at,
            extractor="cert-manager",
            kind="secret",
            name=name,
            scope=manifest.scope,
            entries=tuple(Setting(key=key, at=at, via="secret") for key in _ENTRIES),
        )
