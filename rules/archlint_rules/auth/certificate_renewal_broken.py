"""A certificate that is not renewed in time, or that another one overwrites.

## Why is this bad?

cert-manager refuses such a certificate, or renews it without end: with a renewal as long as the lifetime it is due as soon as it is issued, and two certificates
that write one Secret overwrite each other until the authority's rate limit is used up. Then the certificate in use runs out, and so do all connections.

## How to fix

Renew after two thirds of the lifetime (the default), set one of `renewBefore` and `renewBeforePercentage`, and give every certificate a Secret of its own.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Problem,
    Related,
    SelectFact,
    ServiceGraph,
    Severity,
    regex,
    rule,
)
from archlint.formats.kubernetes import Manifest, milliseconds

_KIND = "cert-manager.io/Certificate"
_HOUR = 3_600_000
_DURATION = regex(r"(?:\d+(?:\.\d+)?(?:h|m|s|ms))+\Z")
_CERTIFICATE = """
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {{name: {name}, namespace: {namespace}}}{at_name}
spec:
  secretName: {target}
  issuerRef: {{name: own}}
  {more}
"""


def _certificate(
    more: str = "", *, name: str = "web", target: str = "web-tls", at_name: str = "", namespace: str = "shop"
) -> str:
    return _CERTIFICATE.format(name=name, target=target, more=more, at_name=at_name, namespace=namespace)


@rule(
    id="certificate-renewal-broken",
    category="auth",
    severity=Severity.ERROR,
    subject=(Manifest, ServiceGraph),
    since="0.1.0",
    profile="strict",
    references=(
        "https://cert-manager.io/docs/usage/certificate/",
        "https://github.com/cert-manager/cert-manager/pull/6406",
    ),
    tags=("security",),
    applies=lambda subject: (
        not isinstance(subject, Manifest)
        or ((subject.group, subject.kind) == ("cert-manager.io", "Certificate"))
    ),
    examples=(
        Bad(
            _certificate(
                "duration: 24h\n  renewBefore: 24h  # <- `web` is due for renewal as soon as it is issued: it lasts 24h"
            )
        ),
        Bad(_certificate("renewBefore: 2160h  # <- `web` is due for renewal as soon as it is issued")),
        Bad(_certificate("duration: 30m  # <- `web` lasts less than an hour")),
        Bad(
            _certificate(
                "renewBefore: 360h\n  renewBeforePercentage: 25  # <- `web` says twice when it is renewed"
            )
        ),
        Bad(
            {
                "a.yaml": _certificate(),
                "b.yaml": _certificate(
                    name="shop", at_name="  # <- `shop` and `web` write the same Secret `web-tls`"
                ),
            }
        ),
        Good(_certificate("duration: 2160h0m0s\n  renewBefore: 360h0m0s")),
        Good(_certificate("renewBefore: 360h"), "a certificate lasts 90 days by default"),
        Good(
            _certificate("duration: '{{ .Values.duration }}'\n  renewBefore: 9000h"),
            "filled in when it is rendered",
        ),
        Good(
            {"a.yaml": _certificate(), "b.yaml": _certificate(name="shop", namespace="test")},
            "in two namespaces",
        ),
        Good(
            {"base/a.yaml": _certificate(), "prod/a.yaml": _certificate(name="web-prod")}, "in two variants"
        ),
    ),
)
def certificate_renewal_broken(subject: Manifest | ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report lifetimes that cert-manager refuses or renews without end, and certificates of one folder that write one Secret."""
    del context
    if isinstance(subject, Manifest):
        yield from _lifetime(subject)
        return
    writers: dict[tuple[str, str, str], list[SelectFact]] = defaultdict(list)
    for fact in subject.selects:
        secret = fact.spec.get("secretName")
        if fact.kind == _KIND and isinstance(secret, str) and "{{" not in secret and "$" not in secret:
            writers[fact.at.path.rpartition("/")[0], fact.scope, secret].append(fact)
    for (_, scope, secret), (first, *others) in writers.items():
        for other in others:
            if other.name != first.name:
                yield Problem(
                    f"`{other.name}` and `{first.name}` write the same Secret `{secret}`",
                    other.at,
                    help="give every certificate a Secret of its own",
                    related=(Related("the other one", first.at),),
                    identity=("certificate-secret", scope, secret, other.name),
                )


def _lifetime(manifest: Manifest) -> Iterator[Problem]:
    name = manifest.name
    spec = manifest.mapping("spec")
    lasts = _length(spec.get("duration", "2160h"))
    before = _length(spec.get("renewBefore"))
    if lasts is not None and lasts < _HOUR:
        yield Problem(
            f"`{name}` lasts less than an hour",
            manifest.at("spec", "duration"),
            help="cert-manager wants at least `1h`",
        )
    elif lasts is not None and before is not None and before >= lasts:
        said = f"it lasts {spec['duration']}" if "duration" in spec else "it lasts 2160h by default"
        yield Problem(
            f"`{name}` is due for renewal as soon as it is issued: {said}",
            manifest.at("spec", "renewBefore"),
            help="renew after two thirds of the lifetime",
        )
    if spec.get("renewBefore") is not None and spec.get("renewBeforePercentage") is not None:
        yield Problem(
            f"`{name}` says twice when it is renewed",
            manifest.at("spec", "renewBeforePercentage"),
            help="set one of `renewBefore` and `renewBeforePercentage`",
        )


def _length(value: object) -> float | None:
    """Return a duration as Go writes it in milliseconds, or `None`."""
    return milliseconds(value) if isinstance(value, str) and _DURATION.match(value) else None
