"""Retries that all come at the same beat.

## Why is this bad?

After a short outage all callers try again at once, and again after the same wait: each wave finds the other side as busy as the one before. What would have been
over in a second lasts until somebody stops the callers.

## How to fix

Wait longer after every try, and not for exactly as long as everybody else: exponential backoff with jitter. One or two quick retries do no harm.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import Manifest
from archlint.formats.kubernetes.dapr_policies import retry_policies
from archlint.formats.spring import Instance, SpringConfig, instances, milliseconds, retry_filters

_FEW = 2
_ATTEMPTS = 3
_WAIT = 500
_DAPR = """
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {{name: policies}}
spec:
  policies:
    retries:
      patient: {retry}
  targets:
    apps: {{stock: {{retry: {used}}}}}
"""
_SPRING = """
spring: {{application: {{name: orders}}}}
resilience4j:
  retry:
    {section}:
      {name}:
        {settings}
"""
_GATEWAY = """
spring:
  application: {{name: front}}
  cloud:
    gateway:
      routes:
        - id: stock
          uri: lb://stock
          filters:
            - {filter}
"""


def _dapr(retry: str, used: str = "patient") -> str:
    return _DAPR.format(retry=retry, used=used)


def _spring(settings: str, section: str = "instances", name: str = "stock") -> dict[str, str]:
    return {"application.yml": _SPRING.format(settings=settings, section=section, name=name)}


@rule(
    id="retry-without-backoff-jitter",
    category="resilience",
    severity=Severity.INFO,
    subject=(Manifest, SpringConfig),
    since="0.1.0",
    profile="strict",
    references=(
        "https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/",
        "https://sre.google/sre-book/addressing-cascading-failures/",
        "https://docs.dapr.io/operations/resiliency/policies/retries/retries-overview/",
        "https://resilience4j.readme.io/docs/retry",
        "https://docs.spring.io/spring-cloud-gateway/reference/spring-cloud-gateway-server-webflux/gatewayfilter-factories/retry-factory.html",
    ),
    applies=lambda subject: (
        isinstance(subject, SpringConfig) or (subject.group == "dapr.io" and subject.kind == "Resiliency")
    ),
    examples=(
        Bad(
            _dapr("{policy: constant, duration: 1s, maxRetries: 9}  # <- `patient` retries 9 times, 1s apart")
        ),
        Bad(_dapr("{maxRetries: 5}  # <- `patient` retries 5 times, 5s apart"), "constant is the default"),
        Bad(_dapr("{duration: 1s}  # <- `patient` retries without end, 1s apart")),
        Bad(_spring("maxAttempts: 6  # <- `stock` retries 5 times, 500 ms apart")),
        Bad(_spring("maxRetryAttempts: 6  # <- `stock` retries 5 times, 500 ms apart"), "its name of before"),
        Bad(_spring("wait-duration: 2s  # <- `stock` retries 4 times, 2s apart\n        max-attempts: 5")),
        Bad(_spring("maxAttempts: 6  # <- `default` retries 5 times, 500 ms apart", "configs", "default")),
        Bad(_GATEWAY.format(filter="Retry=5  # <- the route `stock` retries 5 times without waiting")),
        Bad(_GATEWAY.format(filter="name: Retry  # <- the route `stock` retries 3 times without waiting")),
        Good(_dapr("{policy: exponential, maxRetries: 9}")),
        Good(_dapr("{policy: constant, maxRetries: 2}"), "two quick ones"),
        Good(_dapr("{policy: constant, maxRetries: 9}", "other"), "nothing uses it"),
        Good(_dapr('{policy: "{{ .Values.policy }}", maxRetries: 9}'), "filled in when it is rendered"),
        Good(_spring("maxAttempts: 3"), "two quick ones"),
        Good(_spring("maxAttempts: 6\n        enableExponentialBackoff: true")),
        Good(_spring("maxAttempts: 6\n        enable-randomized-wait: true")),
        Good(_spring("maxAttempts: 6\n        intervalBiFunction: com.example.Backoff"), "its own waits"),
        Good(_spring("maxAttempts: 6\n        enable-exponential-backoff: ${BACKOFF}"), "not known"),
        Good(_spring("maxAttempts: 6\n        baseConfig: elsewhere"), "it inherits what is not here"),
        Good(_spring("maxAttempts: 6", "configs", "unused"), "nothing inherits it"),
        Good(
            _spring(
                "maxAttempts: 6\n    configs:\n      default:\n        enableExponentialBackoff: true",
            ),
            "inherited",
        ),
        Good(_GATEWAY.format(filter="Retry=5,BAD_GATEWAY,GET,10ms,500ms,2,false")),
        Good(_GATEWAY.format(filter="{name: Retry, args: {retries: 5, backoff: {firstBackoff: 10ms}}}")),
        Good(_GATEWAY.format(filter="Retry=2")),
        Good(
            {"orders.yml": _spring("maxAttempts: 6")["application.yml"]}, "the configuration server has more"
        ),
    ),
)
def retry_without_backoff_jitter(subject: Manifest | SpringConfig, context: Context) -> Iterator[Problem]:
    """Report more than two retries at equal intervals, of Dapr, of resilience4j and of Spring Cloud Gateway."""
    del context
    yield from _of_spring(subject) if isinstance(subject, SpringConfig) else _of_dapr(subject)


def _of_dapr(manifest: Manifest) -> Iterator[Problem]:
    for policy in retry_policies(manifest):
        retries, wait = policy.retries, str(policy.data.get("duration", "5s"))
        is_used = policy.uses or policy.is_reserved
        if is_used and policy.is_constant and retries is not None and not 0 <= retries <= _FEW:
            times = f"{retries} times" if retries > 0 else "without end"
            key = next((key for key in ("policy", "maxRetries") if key in policy.data), None)
            yield Problem(
                f"`{policy.name}` retries {times}, {wait} apart",
                manifest.at(*policy.keys, *((key,) if key else ())),
                help="set `policy: exponential` with a `maxInterval`",
            )


def _of_spring(config: SpringConfig) -> Iterator[Problem]:
    retries = list(instances(config, "retry"))
    named = {retry.text("baseconfig") for retry in retries} | {"default"}
    for retry in retries:
        is_its_own = retry.own_setting("maxattempts") is not None or "waitduration" in retry.own
        if (retry.is_shared and retry.name not in named) or not (is_its_own and retry.is_whole):
            continue
        count = _retries(retry)
        if count is not None and count > _FEW and _is_constant(retry):
            yield Problem(
                f"`{retry.name}` retries {count} times, {_wait(retry)} apart",
                retry.at,
                help="set `enableExponentialBackoff` and `enableRandomizedWait`",
            )
    for name, times, has_backoff, at in retry_filters(config):
        if times > _FEW and not has_backoff:
            verb = "retry" if name == "all routes" else "retries"
            yield Problem(f"{name} {verb} {times} times without waiting", at, help="add `backoff`")


def _retries(retry: Instance) -> int | None:
    attempts = retry.number("maxattempts")
    if attempts is None:
        return None if retry.setting("maxattempts") is not None else _ATTEMPTS - 1
    return int(attempts) - 1


def _is_constant(retry: Instance) -> bool:
    return (
        retry.setting("intervalbifunction") is None
        and retry.is_off("enableexponentialbackoff")
        and retry.is_off("enablerandomizedwait")
    )


def _wait(retry: Instance) -> str:
    text = retry.text("waitduration")
    if text is None:
        return f"{_WAIT} ms"
    length = milliseconds(text)
    return f"{length:g} ms" if text.strip().isdecimal() and length is not None else text.strip()
