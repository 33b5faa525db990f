"""A service that talks to another in the clear.

## Why is this bad?

Whoever stands between the two reads and changes what they say: tokens, passwords, personal data. On the way through the internet that is anybody; inside
of a cluster it is whoever got into one pod.

## How to fix

Use the encrypted protocol (`https`, `amqps`, `rediss`), and inside of a cluster let a mesh encrypt all calls with mutual TLS.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Dependency,
    Document,
    Evidence,
    Good,
    Problem,
    Related,
    ServiceGraph,
    Setting,
    Severity,
    key_words,
    reach_of,
    references,
    regex,
    rule,
)
from archlint.formats import compose, kubernetes, score, spring

_CLEAR = {
    "http": "https", "ws": "wss", "amqp": "amqps", "redis": "rediss", "mqtt": "mqtts", "stomp": "stomp+ssl", "ldap": "ldaps", "ftp": "ftps",
    "nats": "tls", "plaintext": "SSL",
}  # fmt: skip
_NAMES = regex(
    r"(?:^|\.)(?:example\.(?:com|org|net)|w3\.org|xmlsoap\.org|purl\.org|json-schema\.org|schemas\.[\w.-]+|xml\.org|oasis-open\.org)$"
)
"""Hosts that stand in identifiers and examples: nobody calls them."""
_NOT_CALLED = regex(
    r"(?:^|_)(?:ISSUER|AUDIENCE|REALM|NAMESPACE|SCHEMA_LOCATION|REFERER|CONTACT|HOMEPAGE|LICENSE|TERMS|DOCS?|HELP|DOMAIN|CONSOLE|ROOT_URL|SELF|HOST_URL|FRONTEND|WEB_URL|APP_URL|UI_URL|PROXY)(?:_|$)|(?:^|_)(?:DASHBOARD|EXTERNAL)"
)
_TOP_LEVEL = regex(
    r"\.(?:com|org|net|io|dev|app|cloud|info|biz|edu|gov|mil|int|eu|tech|online|xyz|ai|co|[a-z]{2})$"
)
_FORMATS = {"kubernetes", "compose", "spring", "score"}
_MESH = ("security.istio.io/", "networking.istio.io/", "policy.linkerd.io/", "linkerd.io/")
_MOST_SHOWN = 10
_POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec:
      containers:
        - name: orders
          image: shop/orders:1
          env:
            - name: {name}
              value: {value}{marker}
"""
_BOTH = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  template:
    metadata: {labels: {app: orders}}
    spec:
      containers:
        - name: orders
          image: shop/orders:1
          env:
            - name: STOCK_URL
              value: http://stock  # <- the calls in `shop` are not encrypted, as of `orders` to `stock`
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stock, namespace: shop}
spec:
  template:
    metadata: {labels: {app: stock}}
    spec: {containers: [{name: stock, image: "shop/stock:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: stock, namespace: shop}
spec: {selector: {app: stock}, ports: [{port: 80}]}
"""
_STRICT = """
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
"""


def _pod(value: str, marker: str = "", name: str = "PAYMENTS_URL") -> str:
    return _POD.format(name=name, value=value, marker=marker)


@rule(
    id="cleartext-dependency",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=(Document, ServiceGraph),
    since="0.1.0",
    references=(
        "https://csrc.nist.gov/pubs/sp/800/204/final",
        "https://doi.org/10.1016/j.jss.2022.111393",
    ),
    tags=("security",),
    applies=lambda subject: not isinstance(subject, Document) or subject.format in _FORMATS,
    examples=(
        Bad(
            _pod(
                "http://api.payments-company.com/v1",
                "  # <- `PAYMENTS_URL` of `orders` leads to `api.payments-company.com` by `http`",
            )
        ),
        Bad(
            {
                "orders/src/main/resources/application.yaml": """
                    spring: {application: {name: orders}}
                    weather:
                      url: http://api.weather-company.com  # <- `weather.url` of `orders` leads to `api.weather-company.com` by `http`
                """
            }
        ),
        Bad({"shop.yaml": _BOTH}, "as info, once for a namespace"),
        Good(
            {
                "shop.yaml": _BOTH.replace(
                    "  # <- the calls in `shop` are not encrypted, as of `orders` to `stock`", ""
                )
                + _STRICT
            },
            "the mesh encrypts",
        ),
        Good(_pod("https://api.payments-company.com/v1")),
        Good(_pod("http://localhost:9411/api"), "the sidecar"),
        Good(_pod("http://169.254.169.254/latest"), "the machine's own metadata"),
        Good(_pod("http://payments.billing:8080"), "a Service of another namespace"),
        Good(_pod("http://www.w3.org/2001/XMLSchema", name="SCHEMA_URL"), "an identifier"),
        Good(_pod("http://shop.payments-company.com", name="JWT_ISSUER"), "an identifier"),
        Good(
            """
            services:
              orders: {image: shop/orders, environment: {STOCK_URL: "http://stock"}}
              stock: {image: shop/stock}
            """,
            "the bridge of one machine",
        ),
    ),
)
def cleartext_dependency(subject: Document | ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report addresses outside of what is deployed here that are called in the clear, and as info a namespace whose calls are."""
    del context
    if isinstance(subject, ServiceGraph):
        yield from _upstreams(subject)
        yield from _inside(subject)
        return
    seen: set[object] = set()
    for setting, owner in _settings(subject):
        if setting.value is None or setting.at.node in seen or _NOT_CALLED.search(key_words(setting.key)):
            continue
        for reference in references(setting.key, setting.value):
            protocol, host = reference.protocol.lower(), reference.host.lower()
            if protocol in _CLEAR and _is_far(host):
                seen.add(setting.at.node)
                name = f"`{setting.key}` of `{owner}`" if setting.key else f"an argument of `{owner}`"
                yield Problem(
                    f"{name} leads to `{host}` by `{protocol}`",
                    setting.at,
                    help=f"use `{_CLEAR[protocol]}`",
                )
                break


def _is_far(host: str) -> bool:
    """Tell whether *host* is a name of the internet, rather than one of a namespace (`payments.billing`) or an identifier."""
    return reach_of(host) == "public" and _TOP_LEVEL.search(host) is not None and not _NAMES.search(host)


def _upstreams(graph: ServiceGraph) -> Iterator[Problem]:
    """Report routes of gateways to hosts of the internet."""
    for route in graph.routes:
        protocol = str(route.extra.get("protocol", ""))
        for backend in route.backends if protocol in _CLEAR and not route.scope else ():
            if _is_far(backend.host):
                yield Problem(
                    f"the route `{route.name}` leads to `{backend.host}` by `{protocol}`",
                    backend.at,
                    help=f"use `{_CLEAR[protocol]}`",
                    identity=("cleartext", route.name, backend.host),
                )


def _inside(graph: ServiceGraph) -> Iterator[Problem]:
    """Report, once for a namespace, that calls inside of it are not encrypted: nothing of a mesh is seen there."""
    if any(fact.kind.startswith(_MESH) for fact in graph.selects):
        return
    meshed = {
        workload.scope
        for workload in graph.workloads
        if "linkerd.io/inject" in workload.annotations
        or any(one.name in {"istio-proxy", "linkerd-proxy"} for one in workload.containers)
    }
    found: dict[str, list[tuple[Dependency, Evidence]]] = defaultdict(list)
    for edge in graph.dependencies:
        for item in edge.evidence:
            scope = next((scope for scope in item.scopes if scope.startswith("k8s:")), "")
            if scope and scope not in meshed and item.protocol.lower() in _CLEAR and item.endpoints:
                found[scope].append((edge, item))
                break
    for scope, edges in found.items():
        edge, item = edges[0]
        yield Problem(
            f"the calls in `{scope.partition(':')[2]}` are not encrypted, as of `{edge.source.name}` to `{edge.target.name}`",
            item.at,
            help="let a mesh encrypt them with mutual TLS",
            related=tuple(
                Related(f"`{other.source.name}` calls `{other.target.name}`", seen.at)
                for other, seen in edges[1:_MOST_SHOWN]
            ),
            severity=Severity.INFO,
            identity=("cleartext-inside", scope),
        )


def _settings(document: Document) -> Iterator[tuple[Setting, str]]:
    if document.format == "compose":
        project = compose.project_of(document)
        if project is not None:
            yield from compose.settings_in(project)
        return
    readers = {"kubernetes": kubernetes.settings_in, "score": score.settings_in, "spring": spring.settings_in}
    yield from readers[document.format](document)
