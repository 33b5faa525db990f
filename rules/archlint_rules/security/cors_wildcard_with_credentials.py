"""Every website may call with the user's credentials.

## Why is this bad?

With any origin allowed and credentials too, a page that a user happens to visit can act as that user: read the data, place the order. Gateways that
echo the origin make the combination work that browsers forbid.

## How to fix

List the origins that need it, or do without credentials.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import Manifest, MeshRoute

_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders}}
spec:
  hosts: [orders]
  http:
    - route: [{{destination: {{host: orders}}}}]
      timeout: 2s
      corsPolicy:{marker}
        allowOrigins: [{origin}]
        allowCredentials: {credentials}
"""


def _istio(origin: str, *, credentials: bool = True, marker: str = "") -> str:
    return _ISTIO.format(origin=origin, credentials=str(credentials).lower(), marker=marker)


@rule(
    id="cors-wildcard-with-credentials",
    category="security",
    severity=Severity.ERROR,
    subject=(MeshRoute, Manifest),
    since="0.1.0",
    references=(
        "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
        "https://gateway-api.sigs.k8s.io/reference/spec/#httpcorsfilter",
    ),
    tags=("security",),
    examples=(
        Bad(_istio('{regex: ".*"}', marker="  # <- `orders` lets every origin call with credentials")),
        Bad(
            """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: orders
              annotations:  # <- `orders` lets every origin call with credentials
                nginx.ingress.kubernetes.io/enable-cors: "true"
                nginx.ingress.kubernetes.io/cors-allow-origin: "*"
            spec: {rules: []}
            """,
            "ingress-nginx allows credentials by default",
        ),
        Good(_istio('{exact: "https://shop.example"}')),
        Good(_istio('{regex: ".*"}', credentials=False)),
        Good(_istio('{regex: "https://[a-z]+[.]shop[.]example"}'), "a pattern of known hosts"),
    ),
)
def cors_wildcard_with_credentials(subject: MeshRoute | Manifest, context: Context) -> Iterator[Problem]:
    """Report CORS policies that match everything and allow credentials."""
    del context
    if isinstance(subject, Manifest):
        if subject.kind == "Ingress" and _nginx(subject.annotations):
            yield _problem(subject.name, subject, "metadata", "annotations")
        return
    policy = subject.get("corsPolicy")
    if (
        isinstance(policy, dict)
        and policy.get("allowCredentials") is True
        and any(map(_is_any, policy.get("allowOrigins") or ()))
    ):
        yield _problem(subject.name, subject, "corsPolicy")
    for index, entry in enumerate(subject.items("filters")):
        cors = entry.get("cors") if isinstance(entry, dict) else None
        if (
            isinstance(cors, dict)
            and cors.get("allowCredentials") is True
            and "*" in (cors.get("allowOrigins") or ())
        ):
            yield _problem(subject.name, subject, "filters", index, "cors")


def _problem(name: str, subject: MeshRoute | Manifest, *keys: str | int) -> Problem:
    return Problem(
        f"`{name}` lets every origin call with credentials",
        subject.at(*keys, on_key=True),
        help="list the origins, or do without credentials",
    )


def _is_any(origin: Any) -> bool:
    if isinstance(origin, str):
        return origin == "*"
    if not isinstance(origin, dict):
        return False
    return (
        origin.get("exact") == "*"
        or origin.get("prefix") == ""
        or origin.get("regex") in {".*", "^.*$", ".+", "*", "^.+$"}
    )


def _nginx(annotations: dict[str, str]) -> bool:
    base = "nginx.ingress.kubernetes.io/"
    origin = annotations.get(f"{base}cors-allow-origin", "*")
    credentials = annotations.get(f"{base}cors-allow-credentials", "true")
    return annotations.get(f"{base}enable-cors") == "true" and origin == "*" and credentials == "true"
