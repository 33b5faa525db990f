"""What happens to a call on its way: timeouts, retries, breakers, encryption and access, of every layer that it passes.

Tools count and default differently (Istio's `attempts` are retries, gRPC's `maxAttempts` are tries; Envoy gives up after 15 s, Istio
never). Formats normalise: milliseconds, retries beside the first try, and a tool's documented default is a value like a written one,
marked as such.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from archlint.source.location import Location

type Layer = Literal["client", "sidecar", "gateway"]
type PolicyKey = Literal[
    "timeoutMs",
    "perTryTimeoutMs",
    "retries",
    "backoffMs",
    "retryOn",
    "retryMethods",
    "retryBudget",
    "circuitBreaker",
    "maxConnections",
    "mtls",
    "authorization",
    "rateLimit",
]
"""`timeoutMs` is that of a call with all its retries (0 = none), `retries` those beside the first try (-1 = without end), `retryOn` and
`retryMethods` words separated by commas, `mtls` the mode (`strict`, `permissive`, `disabled`), `rateLimit` a text such as `100/minute`."""

ORDER: dict[Layer, int] = {"sidecar": 0, "client": 1, "gateway": 2}
"""From the innermost layer, which is nearest to the callee's connection, to the outermost."""


class PolicyValue(Struct, omit_defaults=True):
    """A value and where it is written; `default` marks what a tool does where nothing is."""

    value: float | bool | str
    at: Location | None = None
    default: bool = False


class Policy(Struct, kw_only=True, omit_defaults=True):
    """What one layer of one tool (`istio`, `kong`, `resilience4j`) does to calls.

    Where it holds, all that `replaces` names, another tool of the layer, does not.
    """

    tool: str
    layer: Layer
    values: dict[PolicyKey, PolicyValue] = {}
    replaces: str = ""

    def number(self, key: PolicyKey, *, defaults: bool = True) -> float | None:
        """Return the number at *key*; `None` where there is none, or only a default and those are not wanted."""
        found = self.values.get(key)
        if found is None or isinstance(found.value, str) or (found.default and not defaults):
            return None
        return float(found.value)

    def is_on(self, key: PolicyKey) -> bool:
        """Tell whether *key* is switched on."""
        found = self.values.get(key)
        return found is not None and bool(found.value)


def attempts(policies: Iterable[Policy], *, defaults: bool = False) -> float:
    """Return how often a call may reach the callee: layers multiply (Site Reliability Engineering, ch. 22, "Retries")."""
    total = 1.0
    for policy in policies:
        retries = policy.number("retries", defaults=defaults)
        if retries is not None and not policy.is_on("retryBudget"):
            total *= float("inf") if retries < 0 else 1 + retries
    return total


def timeout(policies: Iterable[Policy]) -> float | None:
    """Return after how many milliseconds the caller gives up: the shortest of the layers' totals; `None` = never."""
    found = [total for policy in policies if (total := policy.number("timeoutMs"))]
    return min(found, default=None)


def worst_case(policies: Sequence[Policy]) -> float | None:
    """Return how long a call may last in milliseconds, the layers nested from the innermost; `None` = without bound.

    Of one layer: min(total, (1 + retries) tries of the longest time each + waits between them); waits are counted as constant.
    """
    longest: float | None = None
    for policy in sorted(policies, key=lambda policy: ORDER[policy.layer]):
        single = _shorter(policy.number("perTryTimeoutMs") or None, longest)
        retries = policy.number("retries") or 0
        wait = policy.number("backoffMs") or 0
        tries = None if single is None or retries < 0 else single * (1 + retries) + wait * retries
        longest = _shorter(policy.number("timeoutMs") or None, tries)
    return longest


def _shorter(one: float | None, other: float | None) -> float | None:
    return min((value for value in (one, other) if value is not None), default=None)
