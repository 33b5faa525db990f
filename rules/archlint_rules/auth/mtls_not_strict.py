"""A mesh that accepts calls without mutual TLS.

## Why is this bad?

With `PERMISSIVE` (Istio's default) whoever reaches a pod may talk to it in the clear and without an identity: policies about who may call whom can be
gone around.

## How to fix

Add a `PeerAuthentication` with `mode: STRICT` for the mesh or the namespace, and lift it only for ports that must be reached from outside.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, SelectFact, ServiceGraph, Severity, rule

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
    """Report policies that accept plain calls, and a mesh (per folder) without any strict policy, as info."""
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
    seen: set[str] = set()
    for fact in graph.selects:
        folder = fact.at.path.rpartition("/")[0]
        if fact.kind.startswith("networking.istio.io/") and folder not in seen:
            seen.add(folder)
            yield Problem(
                "no policy here makes the mesh insist on mutual TLS",
                fact.at,
                help="add a `PeerAuthentication` with `mode: STRICT`",
                severity=Severity.INFO,
                identity=("mtls", folder),
            )


def _mode(fact: SelectFact) -> str:
    mtls = fact.spec.get("mtls")
    return str(mtls.get("mode", "")) if isinstance(mtls, dict) else ""
