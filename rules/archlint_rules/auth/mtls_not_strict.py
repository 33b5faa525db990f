"""A mesh that accepts calls without mutual TLS.

## Why is this bad?

With `PERMISSIVE` (Istio's default) whoever reaches a pod may talk to it in the clear and without an identity: policies about who may call whom can be
gone around.

## How to fix

Add a `PeerAuthentication` with `mode: STRICT` for the mesh or the namespace, and lift it only for ports that must be reached from outside.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, SelectFact, ServiceGraph, Severity, rule

_MESH = ("networking.istio.io/VirtualService", "networking.istio.io/DestinationRule")
_ROUTE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: orders{marker}
spec:
  hosts: [orders]
  http: [{{timeout: 2s, route: [{{destination: {{host: orders}}}}]}}]
"""
_POLICY = """
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: default}}
spec:
  mtls:
    mode: {mode}
"""


@rule(
    id="mtls-not-strict",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://istio.io/latest/docs/reference/config/security/peer_authentication/",),
    tags=("security",),
    examples=(
        Bad({"mesh.yaml": _ROUTE.format(marker="  # <- no policy here makes the mesh insist on mutual TLS")}),
        Bad(
            {
                "mesh.yaml": """
                    apiVersion: security.istio.io/v1
                    kind: PeerAuthentication
                    metadata:
                      name: default  # <- `default` accepts calls without mutual TLS (`PERMISSIVE`)
                    spec: {mtls: {mode: PERMISSIVE}}
                """
            }
        ),
        Good({"mesh.yaml": _ROUTE.format(marker="") + _POLICY.format(mode="STRICT")}),
        Good({"compose.yaml": "services: {a: {image: a}}"}, "no mesh"),
    ),
)
def mtls_not_strict(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report policies that accept plain calls, and, as info, a mesh without any such policy."""
    del context
    policies = [fact for fact in graph.selects if fact.kind == "security.istio.io/PeerAuthentication"]
    for fact in policies:
        mode = _mode(fact)
        if mode in {"PERMISSIVE", "DISABLE"}:
            yield Problem(
                f"`{fact.name}` accepts calls without mutual TLS (`{mode}`)",
                fact.at,
                help="use `STRICT`, and lift it only for the ports that need it",
                identity=("mtls", fact.scope, fact.name),
            )
    if policies:
        return
    mesh = [fact for fact in graph.selects if fact.kind in _MESH]
    if mesh:
        folders = {fact.at.path.rpartition("/")[0]: fact for fact in reversed(mesh)}
        first, *others = sorted(folders.values(), key=lambda fact: fact.at.path)
        yield Problem(
            "no policy here makes the mesh insist on mutual TLS",
            first.at,
            help="add a `PeerAuthentication` with `mode: STRICT`",
            related=tuple(Related("more of the mesh is configured here", fact.at) for fact in others),
            severity=Severity.INFO,
            identity=("mtls",),
        )


def _mode(fact: SelectFact) -> str:
    mtls = fact.spec.get("mtls")
    return str(mtls.get("mode", "")) if isinstance(mtls, dict) else ""
