"""Retries, breakers and limits of resilience4j, as its Spring Boot starter configures them.

`maxAttempts` counts the first try. Around a call they nest as Retry(CircuitBreaker(RateLimiter(TimeLimiter(Bulkhead(call))))), so that a
time limit holds for one try. An instance takes what it does not say from its `baseConfig`, or else from `configs.default`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from archlint.api import Location, Policy, PolicyFact, PolicyKey, PolicyValue, Setting
from archlint.formats.spring.config import SpringConfig
from archlint.formats.spring.relaxed import filled, milliseconds

_KINDS = ("retry", "circuitbreaker", "timelimiter", "bulkhead", "threadpoolbulkhead", "ratelimiter")
_SECTIONS = ("instances", "backends")
_OLD_NAMES = {"maxattempts": ("maxretryattempts",)}
_ATTEMPTS = 3
_WAIT = 500
_LIMIT = 1_000
_CONCURRENT = 25

type _Properties = dict[str, Setting]


@dataclass(frozen=True, slots=True)
class Instance:
    """A named retry, breaker … with what it inherits; `is_shared` tells a configuration that instances inherit from.

    `is_whole` tells that all it may inherit is known.
    """

    kind: str
    name: str
    own: _Properties
    inherited: _Properties = field(default_factory=dict)
    is_shared: bool = False
    is_whole: bool = True

    @property
    def at(self) -> Location:
        """The place of the first thing it says."""
        return next(iter(self.own.values())).at

    def own_setting(self, key: str) -> Setting | None:
        """Return the setting *key* (in lower case without dashes) that it says itself, by its name of today or of before."""
        return next((self.own[name] for name in (key, *_OLD_NAMES.get(key, ())) if name in self.own), None)

    def setting(self, key: str) -> Setting | None:
        """Return the setting *key*, its own or an inherited one."""
        names = (key, *_OLD_NAMES.get(key, ()))
        inherited = next((self.inherited[name] for name in names if name in self.inherited), None)
        return self.own_setting(key) or inherited

    def text(self, key: str) -> str | None:
        """Return the value of *key* where it is known."""
        setting = self.setting(key)
        return filled(setting.value) if setting is not None and setting.value is not None else None

    def number(self, key: str) -> float | None:
        """Return the number at *key* where there is one."""
        text = (self.text(key) or "").strip()
        return float(text) if text.replace(".", "", 1).isdecimal() else None

    def is_off(self, key: str) -> bool:
        """Tell whether *key* is known not to be on."""
        return self.setting(key) is None or self.text(key) == "false"


def instances(config: SpringConfig, kind: str) -> Iterator[Instance]:
    """Yield the instances of *kind* (`retry`, `circuitbreaker` …) and the shared configurations of *config*."""
    if next(config.starts(f"resilience4j.{kind}"), None) is None:
        return
    shared = _grouped(config, f"resilience4j.{kind}.configs")
    beside = dict(shared)
    for other in config.beside[1:]:
        for name, properties in _grouped(other, f"resilience4j.{kind}.configs").items():
            beside.setdefault(name, properties)
    for name, own in shared.items():
        base = beside.get("default", {}) if name != "default" else {}
        yield Instance(kind, name, own, base, is_shared=True)
    for section in _SECTIONS:
        for name, own in _grouped(config, f"resilience4j.{kind}.{section}").items():
            said = own.get("baseconfig")
            base_name = (said.value if said is not None else "default") or "default"
            is_whole = base_name in beside or (said is None and not _is_elsewhere(config))
            yield Instance(kind, name, own, beside.get(base_name, {}), is_whole=is_whole)


def policies(config: SpringConfig) -> Iterator[PolicyFact]:
    """Yield the policy of every name, of all kinds together; of `default`, where it is all there is, for all calls."""
    found: dict[str, dict[str, Instance]] = defaultdict(dict)
    for kind in _KINDS:
        named = [one for one in instances(config, kind) if not one.is_shared]
        for instance in named or [one for one in instances(config, kind) if one.name == "default"]:
            found[instance.name][kind] = instance
    for name, kinds in found.items():
        values = _values(kinds)
        if values:
            yield PolicyFact(
                at=next(iter(kinds.values())).at,
                extractor="resilience4j",
                confidence=0.75 if name == "default" else 0.9,
                source=config.application,
                target=None if name == "default" else name,
                policy=Policy(tool="resilience4j", layer="client", values=values),
            )


def _values(kinds: dict[str, Instance]) -> dict[PolicyKey, PolicyValue]:
    values: dict[PolicyKey, PolicyValue] = {}
    retry, limiter = kinds.get("retry"), kinds.get("timelimiter")
    if retry is not None:
        attempts = _number(retry, "maxattempts", _ATTEMPTS)
        if attempts is not None:
            values["retries"] = PolicyValue(
                max(0, int(float(attempts.value)) - 1), attempts.at, attempts.default
            )
        _put(values, "backoffMs", _length(retry, "waitduration", _WAIT))
    if limiter is not None:
        key: PolicyKey = "perTryTimeoutMs" if retry is not None else "timeoutMs"
        _put(values, key, _length(limiter, "timeoutduration", _LIMIT))
    if "circuitbreaker" in kinds:
        values["circuitBreaker"] = PolicyValue(True, kinds["circuitbreaker"].at)
    if "bulkhead" in kinds:
        _put(values, "maxConnections", _number(kinds["bulkhead"], "maxconcurrentcalls", _CONCURRENT))
    pool = kinds.get("threadpoolbulkhead")
    if pool is not None and pool.setting("maxthreadpoolsize") is not None:
        _put(values, "maxConnections", _number(pool, "maxthreadpoolsize", 0))
    rate = kinds.get("ratelimiter")
    limit = rate.text("limitforperiod") if rate is not None else None
    if rate is not None and limit:
        values["rateLimit"] = PolicyValue(f"{limit}/{rate.text('limitrefreshperiod') or '500ns'}", rate.at)
    return values


def _put(values: dict[PolicyKey, PolicyValue], key: PolicyKey, value: PolicyValue | None) -> None:
    if value is not None:
        values[key] = value


def _number(instance: Instance, key: str, default: float) -> PolicyValue | None:
    setting = instance.setting(key)
    if setting is None:
        return PolicyValue(default, default=True) if instance.is_whole else None
    number = instance.number(key)
    return PolicyValue(number, setting.at) if number is not None else None


def _length(instance: Instance, key: str, default: float) -> PolicyValue | None:
    setting = instance.setting(key)
    if setting is None:
        return PolicyValue(default, default=True) if instance.is_whole else None
    length = milliseconds(instance.text(key))
    return PolicyValue(length, setting.at) if length is not None else None


def _grouped(config: SpringConfig, prefix: str) -> dict[str, _Properties]:
    found: dict[str, _Properties] = defaultdict(dict)
    for name, key, setting in config.below(prefix):
        found[name][key] = setting
    return dict(found)


def _is_elsewhere(config: SpringConfig) -> bool:
    """Tell whether more of the configuration may come from where it cannot be seen: other files, or a configuration server."""
    return bool(config.profile) or config.is_kept or config.is_remote
