"""A client that encrypts without asking with whom it talks, or does not encrypt where it could.

## Why is this bad?

Encryption without a check of the certificate keeps nobody out who can stand between the two: whoever answers is believed, and reads passwords and data.

## How to fix

Give the client the authority that signed the certificate (`ca_file`, `sslrootcert`, `caCertificates`), and switch the check on.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from archlint.api import (
    Bad,
    Context,
    Document,
    Good,
    Pointer,
    Problem,
    Setting,
    Severity,
    key_words,
    reach_of,
    regex,
    rule,
)
from archlint.formats import compose, kubernetes, score, spring
from archlint.formats.kong import KongService
from archlint.formats.kubernetes import Manifest

_SKIPS = frozenset(("insecureskipverify", "unsafessl", "skipverify", "tlsinsecureskipverify"))
_SKIP_KEY = regex(
    r"(?:^|_)(?:INSECURE_SKIP_VERIFY|TLS_SKIP_VERIFY|SKIP_TLS_VERIFY|SSL_NO_VERIFY|UNSAFE_SSL)$"
)
_IN_ADDRESS = regex(
    r"(?:^|[?&;\s])(?P<said>sslmode=disable|tlsAllowInvalidCertificates=true|tlsInsecure=true|TrustServerCertificate=(?:true|yes)|verifyServerCertificate=false|ssl_cert_reqs=(?:none|CERT_NONE))(?:$|[&;\s])",
    re.IGNORECASE,
)
_HOST = regex(r"(?:^|[\s;])(?:host|server|data source)=(?P<host>[^\s;,:]+)", re.IGNORECASE)
_OTLP_INSECURE = regex(r"^OTEL_EXPORTER_OTLP(?P<signal>(?:_\w+)?)_INSECURE$")
_COLLECTOR = regex(r"^(?P<exporter>exporters\.otlp[\w/.-]*?)\.tls\.insecure$")
_FORMATS = {"kubernetes", "compose", "spring", "score"}
_MOST_DEPTH = 10_000
_POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec:
      containers:
        - name: orders
          image: shop/orders:1
          env:
            - name: {name}
              value: "{value}"{marker}
"""


def _pod(name: str, value: str, marker: str = "") -> str:
    return _POD.format(name=name, value=value, marker=marker)


@rule(
    id="tls-verification-disabled",
    category="auth",
    severity=Severity.WARNING,
    subject=(Document, Manifest, KongService),
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9525",
        "https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings",
        "https://www.postgresql.org/docs/current/libpq-ssl.html",
        "https://developer.konghq.com/gateway/entities/service/",
        "https://opentelemetry.io/docs/specs/otel/protocol/exporter/",
    ),
    tags=("security",),
    applies=lambda subject: not isinstance(subject, Document) or subject.format in _FORMATS,
    examples=(
        Bad(
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: billing}
            spec:
              host: billing.example.com
              trafficPolicy:
                tls:
                  mode: SIMPLE
                  insecureSkipVerify: true  # <- `billing` believes every certificate (`insecureSkipVerify`)
            """
        ),
        Bad(
            """
            apiVersion: keda.sh/v1alpha1
            kind: ScaledObject
            metadata: {name: orders}
            spec:
              scaleTargetRef: {name: orders}
              triggers:
                - type: kafka
                  metadata:
                    bootstrapServers: kafka.example.com:9093
                    unsafeSsl: 'true'  # <- `orders` believes every certificate (`unsafeSsl`)
            """
        ),
        Bad(
            _pod(
                "DATABASE_URL",
                "postgres://db.example.com/orders?sslmode=disable",
                "  # <- `DATABASE_URL` of `orders` says `sslmode=disable`",
            )
        ),
        Bad(
            _pod(
                "NODE_TLS_REJECT_UNAUTHORIZED",
                "0",
                "  # <- `NODE_TLS_REJECT_UNAUTHORIZED` of `orders` is `0`",
            )
        ),
        Bad(
            """
            _format_version: "3.0"
            services:
              - name: orders
                host: orders.example.com
                protocol: https
                tls_verify: false  # <- `orders` believes every certificate (`tls_verify`)
            """
        ),
        Bad(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: collector}
            data:
              config.yaml: |  # <- `exporters.otlp.tls.insecure` of `collector` is `true`
                exporters:
                  otlp: {endpoint: "telemetry.example.com:4317", tls: {insecure: true}}
            """,
        ),
        Bad(
            """
            services:
              orders:
                image: shop/orders
                environment:
                  DATABASE_URL: postgres://db/orders?sslmode=disable  # <- `DATABASE_URL` of `orders` says `sslmode=disable`
              db: {image: "postgres:16"}
            """,
            "as info: inside a compose project",
        ),
        Good(_pod("DATABASE_URL", "postgres://localhost/orders?sslmode=disable"), "nothing leaves the pod"),
        Good(_pod("DATABASE_URL", "postgres://db.example.com/orders?sslmode=verify-full")),
        Good(_pod("DATABASE_URL", "{{ .Values.database }}?sslmode=disable"), "filled in when it is rendered"),
        Good(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: collector}
            data:
              config.yaml: |
                exporters:
                  otlp: {endpoint: "localhost:4317", tls: {insecure: true}}
            """,
            "the sidecar of the same pod",
        ),
        Good(
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: billing}
            spec: {host: billing, trafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: false}}}
            """
        ),
    ),
)
def tls_verification_disabled(
    subject: Document | Manifest | KongService, context: Context
) -> Iterator[Problem]:
    """Report switches that turn the check of certificates off, in resources, environment variables, arguments and addresses.

    What stays inside of the cluster or project without TLS is told as info, what stays in the pod not at all.
    """
    del context
    if isinstance(subject, Manifest):
        yield from _resource(subject)
    elif isinstance(subject, KongService):
        if subject.data.get("tls_verify") is False and subject.target[0] in {"https", "tls", "grpcs", "wss"}:
            yield _problem(
                f"`{subject.data.get('name')}` believes every certificate (`tls_verify`)",
                subject.at("tls_verify"),
            )
    else:
        yield from _settings_of(subject)


def _problem(message: str, at: Any, *, inside: bool = False) -> Problem:
    return Problem(
        message,
        at,
        help="give the client the certificate of the authority, and switch the check on",
        severity=Severity.INFO if inside else Severity.WARNING,
    )


def _resource(manifest: Manifest) -> Iterator[Problem]:
    """Report switches anywhere in the `spec` of *manifest* but in the environment of containers."""
    if manifest.workload is not None or manifest.kind == "CustomResourceDefinition":
        return
    pending: list[tuple[Pointer, Any]] = [(("spec",), manifest.get("spec"))]
    count = 0
    while pending and count < _MOST_DEPTH:
        way, value = pending.pop()
        count += 1
        if isinstance(value, list):
            pending.extend(((*way, index), item) for index, item in enumerate(value))
        elif isinstance(value, dict):
            for key, item in value.items():
                name = str(key).replace("_", "").lower()
                if name in _SKIPS and (item is True or str(item).lower() == "true"):
                    yield _problem(
                        f"`{manifest.name}` believes every certificate (`{key}`)", manifest.at(*way, key)
                    )
                elif isinstance(item, dict | list):
                    pending.append(((*way, key), item))
            if (
                value.get("name") in ("skipVerify", "insecureSkipVerify")
                and str(value.get("value")).lower() == "true"
            ):
                yield _problem(
                    f"`{manifest.name}` believes every certificate (`{value['name']}`)", manifest.at(*way)
                )


def _settings_of(document: Document) -> Iterator[Problem]:
    found = list(_settings(document))
    known = {(owner, setting.key): setting.value or "" for setting, owner in found}
    seen: set[object] = set()
    for setting, owner in found:
        if not setting.value or (setting.at.node, setting.key) in seen:
            continue
        seen.add((setting.at.node, setting.key))
        said, host = _said(setting, owner, known)
        if not said or reach_of(host) == "local":
            continue
        name = f"`{setting.key}` of `{owner}`" if setting.key else f"an argument of `{owner}`"
        plain = document.format != "kubernetes" or "insecure" in setting.key.lower()
        inside = plain and bool(host) and reach_of(host) == "inside"
        yield _problem(
            f"{name} {said}",
            setting.at,
            inside=inside,
        )


def _said(setting: Setting, owner: str, known: dict[tuple[str, str], str]) -> tuple[str, str]:
    """Return what *setting* says and the host that it is about, both empty where it says nothing of the kind."""
    value = (setting.value or "").strip()
    words, on = key_words(setting.key), value.lower() in {"true", "1", "yes"}
    if words in {"NODE_TLS_REJECT_UNAUTHORIZED", "PYTHONHTTPSVERIFY"}:
        return ("is `0`", "") if value == "0" else ("", "")
    if _SKIP_KEY.search(words):
        return (f"is `{value}`", "") if on else ("", "")
    otlp, collector = _OTLP_INSECURE.match(words), _COLLECTOR.match(setting.key)
    if on and (otlp or collector):
        keys = [f"OTEL_EXPORTER_OTLP{otlp['signal']}_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] if otlp else []
        keys += [f"{collector['exporter']}.endpoint"] if collector else []
        endpoint = next((known[owner, key] for key in keys if known.get((owner, key))), "")
        return (f"is `{value}`", _host_of(endpoint)) if endpoint and "$" not in endpoint else ("", "")
    match = _IN_ADDRESS.search(value)
    if match is None or "{{" in value:
        return "", ""
    return f"says `{match['said']}`", _host_of(value)


def _host_of(text: str) -> str:
    named = _HOST.search(text)
    if named:
        return named["host"]
    bare = text.removeprefix("jdbc:")
    try:
        host = urlsplit(bare if "://" in bare else f"//{bare}").hostname
    except ValueError:
        return ""
    return host or ""


def _settings(document: Document) -> Iterator[tuple[Setting, str]]:
    if document.format == "compose":
        project = compose.project_of(document)
        if project is not None:
            yield from compose.settings_in(project)
        return
    readers = {"kubernetes": kubernetes.settings_in, "score": score.settings_in, "spring": spring.settings_in}
    yield from readers[document.format](document)
