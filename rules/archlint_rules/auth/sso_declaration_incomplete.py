"""A declared single sign-on that clients cannot use, or that is not the one that is enforced.

## Why is this bad?

Metadata of an identity provider that is fetched without TLS can be replaced on the way, keys and all. And where the gateway or mesh trusts another
issuer than the service declares, people sign in at one place and are refused at the other.

## How to fix

Give the https URL of the SAML metadata or of the OpenID Connect issuer, and let the same issuer be enforced.
"""

from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Good,
    Location,
    Problem,
    Related,
    SelectFact,
    Service,
    ServiceGraph,
    Severity,
    rule,
)
from archlint.formats.manifest import ServiceManifest

_LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))
_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
session: {{store: token, sso: {sso}}}
"""
_ISTIO = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: orders}}}}
  template:
    metadata: {{labels: {{app: orders}}}}
    spec: {{containers: [{{name: orders, image: shop/orders}}]}}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata:
  name: tokens{marker}
  namespace: shop
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  jwtRules: [{{issuer: "{issuer}"}}]
"""


def _enforced(issuer: str, app: str = "orders", marker: str = "") -> dict[str, str]:
    return {
        "archlint-service.yaml": _MANIFEST.format(sso="https://login.example.com/realms/shop"),
        "orders.yaml": _ISTIO.format(issuer=issuer, app=app, marker=marker),
    }


@rule(
    id="sso-declaration-incomplete",
    category="auth",
    severity=Severity.INFO,
    subject=(ServiceManifest, ServiceGraph),
    since="0.1.0",
    profile="all",
    references=(
        "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig",
        "https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf",
        "https://istio.io/latest/docs/reference/config/security/request_authentication/",
    ),
    examples=(
        Bad(
            "apiVersion: archlint.dev/v1alpha1\nkind: Service\nentity: orders\nsession:\n"
            "  sso: http://login.example.com/metadata.xml  # <- the single sign-on of `orders` is `http://login.example.com/metadata.xml`, no https URL"
        ),
        Bad(
            "apiVersion: archlint.dev/v1alpha1\nkind: Service\nentity: orders\nsession:\n"
            "  sso: company login  # <- the single sign-on of `orders` is `company login`, no https URL"
        ),
        Bad(
            _enforced(
                "https://id.example.org",
                marker="  # <- `orders` signs in at `login.example.com`, and `tokens` trusts `id.example.org`",
            )
        ),
        Good(_enforced("https://login.example.com/realms/shop")),
        Good(_enforced("https://id.example.org", app="stock"), "enforced for another service"),
        Good(_MANIFEST.format(sso='"{{ .Values.issuer }}"'), "filled in when it is rendered"),
        Good(_MANIFEST.format(sso="http://localhost:8080/realms/shop"), "a provider for development"),
        Good("apiVersion: archlint.dev/v1alpha1\nkind: Service\nentity: orders\n", "nothing is declared"),
    ),
)
def sso_declaration_incomplete(
    subject: ServiceManifest | ServiceGraph, context: Context
) -> Iterator[Problem]:
    """Report a declared provider that is no https URL, and issuers enforced for the service that are all at other hosts."""
    del context
    if isinstance(subject, ServiceGraph):
        yield from _mismatches(subject)
        return
    declared = subject.get("session", "sso")
    if isinstance(declared, str) and declared and not _is_unknown(declared) and not _is_usable(declared):
        yield Problem(
            f"the single sign-on of `{subject.name}` is `{_short(declared)}`, no https URL",
            subject.at("session", "sso"),
            help="give the https URL of the SAML metadata or of the OpenID Connect issuer",
        )


def _mismatches(graph: ServiceGraph) -> Iterator[Problem]:
    policies: dict[str, list[SelectFact]] = defaultdict(list)
    for fact in graph.selects:
        if fact.kind.endswith("/RequestAuthentication"):
            policies[fact.scope].append(fact)
    for service in graph.services if policies else ():
        session = service.extra.get("session")
        declared = session.get("sso") if isinstance(session, dict) else None
        host = _host(declared) if isinstance(declared, str) and not _is_unknown(declared) else ""
        if not host:
            continue
        enforced = [
            (fact, issuer)
            for scope in sorted({workload.scope for workload in service.workloads})
            for fact in policies.get(scope, ())
            if _holds_for(fact, service)
            for issuer in _issuers(fact)
        ]
        if enforced and all(issuer and issuer != host for _, issuer in enforced):
            fact, issuer = enforced[0]
            yield Problem(
                f"`{service.name}` signs in at `{host}`, and `{fact.name}` trusts `{issuer}`",
                fact.at,
                help="let the issuer that people sign in at be enforced",
                related=tuple(Related("the single sign-on is declared here", at) for at in _said(service)),
                confidence=Confidence.CONFIGURED,
                identity=("sso", service.id, fact.scope, fact.name),
            )


def _said(service: Service) -> list[Location]:
    return [item.at for item in service.evidence if item.extractor == "manifest"][:1]


def _holds_for(fact: SelectFact, service: Service) -> bool:
    """Tell whether *fact* selects a workload of *service* by its labels, the way it is written for one service."""
    selector = fact.spec.get("selector")
    labels = selector.get("matchLabels") if isinstance(selector, dict) else None
    return isinstance(labels, dict) and any(
        labels
        and workload.scope == fact.scope
        and all(workload.labels.get(key) == value for key, value in labels.items())
        for workload in service.workloads
    )


def _issuers(fact: SelectFact) -> Iterator[str]:
    """Yield the hosts of the issuers, an empty text for one that has none or is not known."""
    rules = fact.spec.get("jwtRules")
    for entry in rules if isinstance(rules, list) else ():
        issuer = entry.get("issuer") if isinstance(entry, dict) else None
        yield _host(issuer) if isinstance(issuer, str) and not _is_unknown(issuer) else ""


def _is_usable(url: str) -> bool:
    host = _host(url)
    return bool(host) and (url.lower().startswith("https://") or host in _LOCAL)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _is_unknown(text: str) -> bool:
    return "{{" in text or "${" in text or "$(" in text


def _short(text: str) -> str:
    plain = " ".join(text.replace("`", "'").split())
    return plain if len(plain) <= 60 else f"{plain[:59]}…"  # noqa: PLR2004
