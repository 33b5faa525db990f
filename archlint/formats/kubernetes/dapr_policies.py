"""Dapr's resiliency policies as the policies of calls, and its subscriptions as channels."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archlint.api import ChannelFact, Fact, Policy, PolicyFact, PolicyKey, PolicyValue
from archlint.formats.kubernetes.mesh import milliseconds
from archlint.formats.kubernetes.views import Manifest, known_text

_UNLIMITED = -1
_WAIT = "5s"
_DEFAULTS = ("DefaultApp", "Default")
_KINDS = {
    "retry": ("retries", "RetryPolicy"),
    "timeout": ("timeouts", "TimeoutPolicy"),
    "circuitBreaker": ("circuitBreakers", "CircuitBreakerPolicy"),
}
_NUMBERS: tuple[PolicyKey, ...] = ("retries", "timeoutMs", "perTryTimeoutMs")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """A named retry of a Resiliency: `retries` is -1 for no end, `None` for what is not known; `uses` are the targets that refer to it.

    A reserved name (`DefaultRetryPolicy`, `DaprBuiltInServiceRetries` …) holds without being referred to.
    """

    name: str
    keys: tuple[str, ...]
    data: dict[str, Any]
    uses: tuple[str, ...]

    @property
    def is_reserved(self) -> bool:
        """Whether it holds wherever nothing else does."""
        return self.name.startswith(("Default", "DaprBuiltIn"))

    @property
    def retries(self) -> int | None:
        """How often it tries again."""
        most = self.data.get("maxRetries", _UNLIMITED)
        text = str(most).strip()
        return int(text) if text.lstrip("-").isdecimal() and not isinstance(most, bool) else None

    @property
    def is_constant(self) -> bool:
        """Whether it waits equally long every time, which is the default."""
        return str(self.data.get("policy") or "constant").lower() == "constant"


def retry_policies(manifest: Manifest) -> list[RetryPolicy]:
    """Return the retries that *manifest*, a Resiliency, defines."""
    uses: dict[str, list[str]] = {}
    pending: list[tuple[tuple[str, ...], Any]] = [((), manifest.get("spec", "targets"))]
    while pending:
        way, value = pending.pop()
        if isinstance(value, dict):
            name = value.get("retry")
            if isinstance(name, str):
                uses.setdefault(name, []).append("/".join(way))
            pending.extend(((*way, str(key)), item) for key, item in value.items())
    return [
        RetryPolicy(name, ("spec", "policies", "retries", name), data, tuple(sorted(uses.get(name, ()))))
        for name, data in manifest.mapping("spec", "policies", "retries").items()
        if isinstance(data, dict)
    ]


def policies(manifest: Manifest) -> Iterator[Fact]:
    """Yield what the Resiliency *manifest* does to calls of applications, for each of those that it is meant for.

    Applications go by their ids, which are no names of a cluster's: they are looked up among the aliases of services.
    The time limit is that of one try (`pkg/resiliency/policy.go`). For an application that is a target, neither defaults nor Dapr's own
    three retries hold (`EndpointPolicy` in `pkg/resiliency/resiliency.go`).
    """
    callers: list[str | None] = [name for name in manifest.items("scopes") if isinstance(name, str)]
    defaults = _values(manifest, _default_names(manifest))
    for caller in callers or [None]:
        for target, application in manifest.mapping("spec", "targets", "apps").items():
            if isinstance(application, dict):
                keys = ("spec", "targets", "apps", target)
                nothing = PolicyValue(0, manifest.at(*keys))
                own = _values(manifest, application)
                missing = {key: nothing for key in _NUMBERS if key in defaults and key not in own}
                yield _fact(manifest, own | missing, caller, target, keys)
        if defaults:
            yield _fact(manifest, defaults, caller, None, ("metadata", "name"))


def channels(manifest: Manifest) -> Iterator[Fact]:
    """Yield what the applications receive that the Subscription *manifest* is meant for; without `scopes`, nobody knows who does."""
    topic, broker = known_text(manifest.get("spec", "topic")), known_text(manifest.get("spec", "pubsubname"))
    if not topic or broker is None:
        return
    dead = manifest.get("spec", "deadLetterTopic")
    for index, application in enumerate(manifest.items("scopes")):
        if isinstance(application, str) and application:
            yield ChannelFact(
                at=manifest.at("scopes", index),
                extractor="dapr",
                confidence=0.9,
                action="receive",
                address=topic,
                service=application,
                broker=broker,
                scope=manifest.scope,
                kind="topic",
                extra={"deadLetters": dead} if isinstance(dead, str) and dead else {},
            )


def _default_names(manifest: Manifest) -> dict[str, str]:
    """Return the names of the policies that hold for applications which are no targets, the more specific ones first."""
    found: dict[str, str] = {}
    for key, (section, ending) in _KINDS.items():
        defined = manifest.mapping("spec", "policies", section)
        for prefix in _DEFAULTS:
            if f"{prefix}{ending}" in defined:
                found.setdefault(key, f"{prefix}{ending}")
    return found


def _values(manifest: Manifest, named: dict[str, Any]) -> dict[PolicyKey, PolicyValue]:
    values: dict[PolicyKey, PolicyValue] = {}
    retry = {policy.name: policy for policy in retry_policies(manifest)}.get(str(named.get("retry")))
    if retry is not None:
        at = manifest.at(*retry.keys)
        if retry.retries is not None:
            is_default = "maxRetries" not in retry.data
            values["retries"] = PolicyValue(retry.retries, at, is_default)
        wait = milliseconds(retry.data.get("duration", _WAIT)) if retry.is_constant else None
        if wait is not None:
            values["backoffMs"] = PolicyValue(wait, at, "duration" not in retry.data)
    name = str(named.get("timeout"))
    limit = milliseconds(manifest.get("spec", "policies", "timeouts", name))
    if limit is not None:
        at = manifest.at("spec", "policies", "timeouts", name)
        tries = values.get("retries")
        values["perTryTimeoutMs" if tries is not None and tries.value else "timeoutMs"] = PolicyValue(
            limit, at
        )
    breaker = str(named.get("circuitBreaker"))
    if isinstance(manifest.get("spec", "policies", "circuitBreakers", breaker), dict):
        at = manifest.at("spec", "policies", "circuitBreakers", breaker)
        values["circuitBreaker"] = PolicyValue(True, at)
    return values


def _fact(
    manifest: Manifest,
    values: dict[PolicyKey, PolicyValue],
    caller: str | None,
    target: str | None,
    keys: tuple[str, ...],
) -> PolicyFact:
    return PolicyFact(
        at=manifest.at(*keys),
        extractor="dapr",
        confidence=0.9,
        source=caller,
        target=target,
        policy=Policy(tool="dapr", layer="sidecar", values=values),
    )
