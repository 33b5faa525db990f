"""An access policy that allows everything.

## Why is this bad?

A policy that lets everybody in protects nothing, and once one of them matches, no other policy that allows less has any effect.

## How to fix

Say who may call: name principals, namespaces or paths in the rules. Without any rule (`{}` as the whole spec) a policy allows nothing, which is the right
start.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import Manifest

_POLICY = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: orders}}
spec:
  action: {action}
  rules:
    - {rule}
"""


@rule(
    id="policy-allows-by-default",
    category="auth",
    severity=Severity.ERROR,
    subject=Manifest,
    since="0.1.0",
    references=("https://istio.io/latest/docs/reference/config/security/authorization-policy/",),
    tags=("security",),
    applies=lambda manifest: (
        (manifest.group, manifest.kind)
        in {("security.istio.io", "AuthorizationPolicy"), ("policy.linkerd.io", "Server")}
    ),
    examples=(
        Bad(
            _POLICY.format(
                action="ALLOW", rule="{}  # <- a rule of `orders` without any condition allows everything"
            )
        ),
        Bad(
            """
            apiVersion: policy.linkerd.io/v1beta3
            kind: Server
            metadata: {name: orders}
            spec:
              port: 8080
              accessPolicy: all-unauthenticated  # <- `orders` lets everybody in, also without an identity
            """
        ),
        Good(_POLICY.format(action="ALLOW", rule="{from: [{source: {namespaces: [shop]}}]}")),
        Good(_POLICY.format(action="DENY", rule="{}"), "deny all"),
        Good(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: none}\nspec: {}\n",
            "allow nothing",
        ),
    ),
)
def policy_allows_by_default(manifest: Manifest, context: Context) -> Iterator[Problem]:
    """Report Istio ALLOW policies with an empty rule, and Linkerd servers open to all."""
    del context
    if manifest.kind == "Server":
        if manifest.get("spec", "accessPolicy") == "all-unauthenticated":
            at = manifest.at("spec", "accessPolicy")
            yield Problem(
                f"`{manifest.name}` lets everybody in, also without an identity",
                at,
                help="use `all-authenticated`, or a policy that names callers",
            )
        return
    if manifest.get("spec", "action", default="ALLOW") != "ALLOW":
        return
    for index, entry in enumerate(manifest.items("spec", "rules")):
        if entry is None or entry == {}:
            at = manifest.at("spec", "rules", index)
            yield Problem(
                f"a rule of `{manifest.name}` without any condition allows everything",
                at,
                help="name who may call, or what",
            )
