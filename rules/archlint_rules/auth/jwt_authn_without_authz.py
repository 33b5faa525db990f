"""Tokens are checked where they are sent, and not asked for.

## Why is this bad?

Istio's `RequestAuthentication` refuses requests with a token that is not valid. A request without any token passes it: whoever leaves the token away is let in.

## How to fix

Add an `AuthorizationPolicy` for the same workload that asks for `requestPrincipals`: `ALLOW` with `requestPrincipals: ["*"]`, or `DENY` with
`notRequestPrincipals: ["*"]`; at the gateway where that is the only way in.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from archlint.api import (
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
_MOST = 3
type Names = tuple[str, ...]

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
    policies = [fact for fact in graph.selects if fact.kind == _ACCESS]
    asking = _Policies([policy for policy in policies if _asks(policy)])
    others = _Policies([policy for policy in policies if not _asks(policy)])
    here = {workload.scope for workload in graph.workloads}
    before = any(_stands_before(policy) for policy in policies if _asks(policy))
    strangers = {policy.scope for policy in policies if _asks(policy) and _labels(policy)} - here
    for fact in graph.selects:
        if (
            fact.kind != _TOKENS
            or not isinstance(fact.spec.get("jwtRules"), list)
            or not fact.spec["jwtRules"]
        ):
            continue
        if before or strangers - {fact.scope} or any(asking.guarding(fact)):
            continue
        near = list(islice(others.guarding(fact), _MOST))
        sure = bool(near) or context.complete(fact.at.path)
        yield Problem(
            f"`{fact.name}` checks tokens, and requests without one pass",
            fact.at,
            help="add an `AuthorizationPolicy` that asks for `requestPrincipals`",
            related=tuple(Related("this policy asks for no token", policy.at) for policy in near),
            confidence=Confidence.DECLARED if sure else Confidence.INFERRED,
            identity=("jwt", fact.scope, fact.name),
        )


class _Policies:
    """Policies by what they are for, found without comparing each with each."""

    def __init__(self, policies: list[SelectFact]) -> None:
        self._aimed: dict[str, list[SelectFact]] = defaultdict(list)
        self._open: dict[str, list[SelectFact]] = defaultdict(list)
        self._labelled: dict[str, dict[frozenset[str], list[SelectFact]]] = defaultdict(dict)
        self._indices: dict[tuple[str, frozenset[str], Names], dict[Names, list[SelectFact]]] = {}
        for policy in policies:
            labels = _labels(policy)
            if _targets(policy):
                self._aimed[policy.scope].append(policy)
            elif any("{{" in value for value in labels.values()):
                self._open[policy.scope].append(policy)
            else:
                self._labelled[policy.scope].setdefault(frozenset(labels), []).append(policy)

    def guarding(self, tokens: SelectFact) -> Iterator[SelectFact]:
        """Yield the policies that may be for a workload of *tokens*: unless their labels contradict each other, or each names its own."""
        aims, labels = _targets(tokens), _labels(tokens)
        for policy in self._aimed.get(tokens.scope, ()):
            if not aims or aims & _targets(policy):
                yield policy
        yield from self._open.get(tokens.scope, ())
        for keys, policies in self._labelled.get(tokens.scope, {}).items():
            shared = tuple(sorted(key for key in keys & labels.keys() if "{{" not in labels[key]))
            yield from self._index(tokens.scope, keys, shared, policies).get(
                tuple(labels[key] for key in shared), ()
            )

    def _index(
        self, scope: str, keys: frozenset[str], shared: Names, policies: list[SelectFact]
    ) -> dict[Names, list[SelectFact]]:
        if (scope, keys, shared) not in self._indices:
            found: dict[Names, list[SelectFact]] = defaultdict(list)
            for policy in policies:
                labels = _labels(policy)
                found[tuple(labels[key] for key in shared)].append(policy)
            self._indices[scope, keys, shared] = dict(found)
        return self._indices[scope, keys, shared]


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


def _labels(fact: SelectFact) -> dict[str, str]:
    found = (fact.selector or {}).get("matchLabels")
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _targets(fact: SelectFact) -> set[tuple[str, str]]:
    many, one = fact.spec.get("targetRefs"), fact.spec.get("targetRef")
    entries = [*(many if isinstance(many, list) else ()), one]
    return {(str(item.get("kind")), str(item.get("name"))) for item in entries if isinstance(item, dict)}
