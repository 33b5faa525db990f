"""Which policies retry what may have been served, and which operations that harms."""

import re

from archlint.api import Location, OperationFact, Policy, PolicyKey, RouteFact, Service, admits, regex

UNSAFE = ("POST", "PATCH")
_SAFE_CONDITIONS = frozenset((
    "connect-failure", "refused-stream", "reset-before-request", "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure",
    "unavailable", "cancelled", "resource-exhausted", "429", "http-429", "non-idempotent", "off",
))  # fmt: skip
_RPC = regex(r"/[\w.]+/(?P<name>[A-Z]\w*)\Z")
_CREATES = regex(
    r"(?:Create|Add|Insert|Place|Order|Submit|Charge|Pay|Send|Process|Checkout|Buy|Transfer|Withdraw|Deposit|Book|Publish|Append|Increment|Start|Run|Execute)"
)
_ON_ANY_FAILURE = frozenset(("dapr",))


def condition_of(policy: Policy) -> str:
    """Return a condition on which *policy* retries what may have been served; empty where it says nothing of the kind itself."""
    retries, conditions = policy.values.get("retries"), policy.values.get("retryOn")
    methods = policy.values.get("retryMethods")
    if retries is None or not retries.value:
        return ""
    every = methods is not None and methods.value == "*"
    if methods is not None and not every and not any(name in str(methods.value) for name in UNSAFE):
        return ""
    if policy.tool in _ON_ANY_FAILURE:
        return "" if retries.default else "any failure"
    written = conditions is not None and not conditions.default
    if conditions is None or not (
        written or every or (policy.tool == "linkerd profile" and not retries.default)
    ):
        return ""
    words = re.split(r"[\s,]+", str(conditions.value).strip().lower())
    return next((word for word in words if word and word.replace("_", "-") not in _SAFE_CONDITIONS), "")


def may_change(route: RouteFact) -> bool:
    """Tell whether what *route* is for changes something twice: calls of gRPC are all `POST`, so their names have to tell."""
    match = _RPC.search(route.path.replace("\\", "").rstrip("$"))
    return match is None or bool(_CREATES.match(match["name"]))


def place_of(policy: Policy) -> Location | None:
    """Return where *policy* says that it retries."""
    keys: tuple[PolicyKey, ...] = ("retries", "retryOn")
    if policy.tool == "ingress-nginx":
        keys = ("retryMethods", *keys)
    places = (value.at for key in keys if (value := policy.values.get(key)) is not None)
    return next((at for at in places if at is not None), None)


def repeated(service: Service, route: RouteFact | None = None) -> list[OperationFact]:
    """Return the operations of *service* that create or command, take no key, and can be called by *route*."""
    if route is not None and ("rewrite" in route.extra or (route.methods and "POST" not in route.methods)):
        return []
    return [
        operation
        for api in service.apis
        for operation in api.operations
        if operation.method == "POST"
        and operation.idempotent is False
        and (route is None or admits(route, operation.path))
    ]
