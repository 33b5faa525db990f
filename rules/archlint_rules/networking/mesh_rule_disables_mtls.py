"""A traffic policy that switches the mesh's encryption off.

## Why is this bad?

The sidecars would encrypt and authenticate the call by themselves. This policy sends it in the clear, or as plain TLS without the caller's identity, so
that a strict receiver refuses it.

## How to fix

Remove the `tls` setting, or use `ISTIO_MUTUAL`. For hosts outside of the mesh, declare a `ServiceEntry`.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, SelectFact, ServiceGraph, Severity, rule

_RULE = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: orders{marker}
spec:
  host: {host}
  trafficPolicy: {{tls: {{mode: {mode}}}}}
"""


@rule(
    id="mesh-rule-disables-mtls",
    category="networking",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings",
    ),
    tags=("security",),
    examples=(
        Bad(
            {
                "rule.yaml": _RULE.format(
                    host="orders",
                    mode="DISABLE",
                    marker="  # <- `orders` sets `tls.mode: DISABLE` for `orders`, a host of the mesh",
                )
            }
        ),
        Good({"rule.yaml": _RULE.format(host="orders", mode="ISTIO_MUTUAL", marker="")}),
        Good({"rule.yaml": _RULE.format(host="api.stripe.com", mode="SIMPLE", marker="")}, "a host outside"),
    ),
)
def mesh_rule_disables_mtls(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report DestinationRules for hosts of the mesh whose TLS mode is `DISABLE` or `SIMPLE`."""
    del context
    external = {
        str(host)
        for fact in graph.selects
        if fact.kind.endswith("/ServiceEntry")
        for host in (fact.spec["hosts"] if isinstance(fact.spec.get("hosts"), list) else ())
    }
    for fact in graph.selects:
        if (
            fact.kind == "networking.istio.io/DestinationRule"
            and _is_inside(fact.host)
            and fact.host not in external
        ):
            mode = _mode(fact)
            if mode in {"DISABLE", "SIMPLE"}:
                yield Problem(
                    f"`{fact.name}` sets `tls.mode: {mode}` for `{fact.host}`, a host of the mesh",
                    fact.at,
                    help="remove the setting, or use `ISTIO_MUTUAL`",
                    identity=("mesh-tls", fact.scope, fact.name),
                )


def _is_inside(host: str) -> bool:
    return bool(host) and ("." not in host or host.endswith((".svc", ".svc.cluster.local")))


def _mode(fact: SelectFact) -> str:
    policy = fact.spec.get("trafficPolicy")
    tls = policy.get("tls") if isinstance(policy, dict) else None
    return str(tls.get("mode", "")) if isinstance(tls, dict) else ""
