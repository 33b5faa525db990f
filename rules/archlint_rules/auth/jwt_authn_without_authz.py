"""Tokens are checked where they are sent, and not asked for.

## Why is this bad?

Istio's `RequestAuthentication` refuses requests with a token that is not valid. A request without any token passes it: whoever leaves the token away is let in.

## How to fix

Add an `AuthorizationPolicy` for the same workload that asks for `requestPrincipals`: `ALLOW` with `requestPrincipals: ["*"]`, or `DENY` with
`notRequestPrincipals: ["*"]`; at the gateway where that is the only way in.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Access,
    Bad,
    Confidence,
    Context,
    Good,
    Problem,
    Related,
    SelectFact,
    ServiceGraph,
    Severity,
    rule,
)

_TOKENS = "security.istio.io/RequestAuthentication"
_ACCESS = "security.istio.io/AuthorizationPolicy"
_ASKING = ("equestprincipals", "request.auth", "authorization]")
_JWT = """
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata:
  name: orders{marker}
  namespace: shop
spec:
  selector: {{matchLabels: {{app: orders}}}}
  jwtRules: [{{issuer: "https://login.shop.io", jwksUri: "https://login.shop.io/keys"}}]
"""
_POLICY = """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: orders, namespace: {namespace}}}
spec: {{{spec}}}
"""
_FOUND = "  # <- `orders` checks tokens, and requests without one pass"
_ASKED = "selector: {matchLabels: {app: orders}}, rules: [{from: [{source: {requestPrincipals: ['*']}}]}]"


def _both(spec: str, marker: str = "", namespace: str = "shop") -> dict[str, str]:
    return {"auth.yaml": _JWT.format(marker=marker) + _POLICY.format(spec=spec, namespace=namespace)}


@rule(
    id="jwt-authn-without-authz",
    category="auth",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://istio.io/latest/docs/reference/config/security/request_authentication/",),
    tags=("security",),
    examples=(
        Bad(
            _both(
                "selector: {matchLabels: {app: orders}}, rules: [{to: [{operation: {methods: [GET]}}]}]",
                _FOUND,
            )
        ),
        Bad(
            _both(_ASKED.replace("app: orders", "app: billing"), _FOUND),
            "another workload's policy",
        ),
        Bad({"auth.yaml": _JWT.format(marker=_FOUND)}, "no policy at all"),
        Good(_both(_ASKED)),
        Good(
            _both(
                "action: DENY, selector: {matchLabels: {app: orders}}, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]"
            )
        ),
        Good(
            _both("rules: [{when: [{key: 'request.auth.claims[groups]', values: [staff]}]}]"),
            "for the namespace",
        ),
        Good(
            _both(_ASKED.replace("app: orders", "istio: ingressgateway"), namespace="istio-system"),
            "at the gateway",
        ),
        Good(
            _both("rules: [{from: [{source: {requestPrincipals: ['*']}}]}]", namespace="istio-system"),
            "for the mesh",
        ),
        Good(
            _both(
                "action: CUSTOM, provider: {name: sso}, selector: {matchLabels: {app: orders}}, rules: [{}]"
            ),
            "somebody else decides",
        ),
        Good(_both(""), "nobody is allowed"),
        Good(
            _both("selector: {matchLabels: {app: '{{ .Values.app }}'}}, rules: '{{ .Values.rules }}'"),
            "filled in later",
        ),
        Good({"auth.yaml": _JWT.format(marker="").partition("  jwtRules")[0]}, "checks no tokens"),
    ),
)
def jwt_authn_without_authz(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report checks of tokens for workloads of which no policy that may be for them asks for a token."""
    asking: dict[str, list[SelectFact]] = defaultdict(list)
    others: dict[str, list[SelectFact]] = defaultdict(list)
    for fact in graph.selects:
        if fact.kind == _ACCESS:
            (asking if _asks(fact) else others)[fact.scope].append(fact)
    pods = Access(graph).pods
    before = [policy for policies in asking.values() for policy in policies if _stands_before(policy)]
    strangers = {
        scope
        for scope, policies in asking.items()
        if scope not in pods.by_scope and any(map(_labels, policies))
    }
    for fact in graph.selects:
        if (
            fact.kind != _TOKENS
            or not isinstance(fact.spec.get("jwtRules"), list)
            or not fact.spec["jwtRules"]
        ):
            continue
        if any(_may_guard(policy, fact) for policy in asking.get(fact.scope, ())):
            continue
        if before or strangers - {fact.scope}:
            continue
        near = [policy for policy in others.get(fact.scope, ()) if _may_guard(policy, fact)]
        sure = bool(near) or context.complete(fact.at.path)
        yield Problem(
            f"`{fact.name}` checks tokens, and requests without one pass",
            fact.at,
            help="add an `AuthorizationPolicy` that asks for `requestPrincipals`",
            related=tuple(Related("this policy asks for no token", policy.at) for policy in near[:3]),
            confidence=Confidence.DECLARED if sure else Confidence.INFERRED,
            identity=("jwt", fact.scope, fact.name),
        )


def _asks(policy: SelectFact) -> bool:
    """Tell whether *policy* asks for a token, lets somebody else decide, or allows nothing."""
    action = str(policy.spec.get("action") or "ALLOW")
    rules = policy.spec.get("rules")
    if action not in {"ALLOW", "DENY"}:
        return action != "AUDIT"
    if not isinstance(rules, list):
        return action == "ALLOW"
    text = str(rules).lower()
    return (not rules and action == "ALLOW") or "{{" in text or any(word in text for word in _ASKING)


def _stands_before(policy: SelectFact) -> bool:
    """Tell whether *policy* may stand before others: at a gateway, or in Istio's own namespace."""
    if any(kind == "Gateway" for kind, _ in _targets(policy)) or "istio" in policy.scope:
        return True
    return any("gateway" in value.lower() or "ingress" in value.lower() for value in _labels(policy).values())


def _may_guard(policy: SelectFact, tokens: SelectFact) -> bool:
    """Tell whether *policy* may be for a workload of *tokens*: unless their labels contradict each other, or each names its own."""
    if _targets(policy) or _targets(tokens):
        return not (_targets(policy) and _targets(tokens)) or bool(_targets(policy) & _targets(tokens))
    one, other = _labels(policy), _labels(tokens)
    return all("{{" in one[key] + other[key] or one[key] == other[key] for key in one.keys() & other.keys())


def _labels(fact: SelectFact) -> dict[str, str]:
    found = (fact.selector or {}).get("matchLabels")
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _targets(fact: SelectFact) -> set[tuple[str, str]]:
    many, one = fact.spec.get("targetRefs"), fact.spec.get("targetRef")
    entries = [*(many if isinstance(many, list) else ()), one]
    return {(str(item.get("kind")), str(item.get("name"))) for item in entries if isinstance(item, dict)}
