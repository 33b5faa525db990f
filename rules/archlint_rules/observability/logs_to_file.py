"""A service writes its logs to files.

## Why is this bad?

A container's files go with it, mostly just after what they tell about happened. Nobody collects them, they fill the disk, and who wants to read them has to find the
node first.

## How to fix

Write to standard output, from where the platform collects logs; or run a shipper beside the service.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Location,
    Problem,
    Related,
    ServiceGraph,
    Severity,
    WorkloadFact,
    regex,
    rule,
)
from archlint_rules.observability.environment import Environment, environments

_KEYS = regex(
    r"(?:^|_)LOG(?:GING)?_?(?:FILE|FILE_?NAME|FILE_?PATH|FILENAME|DIR|DIRECTORY)\Z|\ALOGGING_FILE(?:_NAME|_PATH)?\Z"
)
_STREAMS = frozenset(
    (
        "",
        "-",
        "stdout",
        "stderr",
        "console",
        "none",
        "off",
        "false",
        "/dev/stdout",
        "/dev/stderr",
        "/dev/null",
    )
)
_SHIPPER = regex(
    r"fluent|filebeat|promtail|vector|logstash|alloy|log-?(?:shipper|agent|forward|collector|rout)|otel|opentelemetry|datadog|splunk|sumologic|tail"
)
_DIRECTORY = regex(r"(?:/var/log|/logs?)(?:/|\Z)")
_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  template:
    spec:
      containers:
        - name: orders
          image: shop/orders:1
          env:
            - name: {name}
              value: {value}
        {more}
"""
_COMPOSE = """
services:
  orders:{marker}
    image: shop/orders
    volumes: ["{volume}"]
volumes: {{files: {{}}}}
"""


def _env(name: str, value: str, more: str = "") -> dict[str, str]:
    return {"orders.yaml": _DEPLOYMENT.format(name=name, value=value, more=more)}


@rule(
    id="logs-to-file",
    category="observability",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://12factor.net/logs",
        "https://kubernetes.io/docs/concepts/cluster-administration/logging/",
    ),
    examples=(
        Bad(_env("LOG_FILE", "/app/orders.log  # <- `orders` writes its logs to `/app/orders.log`")),
        Bad(_env("LOGGING_FILE_NAME", "orders.log  # <- `orders` writes its logs to `orders.log`")),
        Bad(
            {
                "compose.yaml": _COMPOSE.format(
                    volume="files:/var/log/orders",
                    marker="  # <- `orders` keeps its logs in the volume `files`",
                )
            }
        ),
        Good(_env("LOG_FILE", "/dev/stdout")),
        Good(_env("LOG_LEVEL", "info")),
        Good(_env("LOG_FILE", "'{{ .Values.log }}'"), "filled in when it is rendered"),
        Good(
            _env("AUDIT_LOG_FILE", "/audit/orders.log", '- {name: fluent-bit, image: "fluent/fluent-bit:3"}'),
            "a shipper beside it",
        ),
        Good({"compose.yaml": _COMPOSE.format(volume="files:/data", marker="")}),
        Good(
            {"compose.yaml": _COMPOSE.format(volume="files:/var/log/nginx:ro", marker="")}, "read from there"
        ),
    ),
)
def logs_to_file(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report settings that name a file for logs, and volumes at places of logs, of pods without a shipper."""
    del context
    told: dict[tuple[str, str], list[tuple[str, Location]]] = {}
    for environment in environments(graph):
        service = environment.service
        for key, message, at in _kept(environment):
            told.setdefault((service.id, key), []).append((message, at))
    for (service_id, key), ((message, at), *others) in told.items():
        yield Problem(
            message,
            at,
            help="write to standard output",
            related=tuple(Related("it does here as well", place) for _, place in others),
            identity=("logs", service_id, key),
        )


def _kept(environment: Environment) -> Iterator[tuple[str, str, Location]]:
    """Yield the first thing that tells that the service of *environment* keeps logs: what it is, in words, and where."""
    workload = environment.workload
    if any(_SHIPPER.search(f"{one.name} {one.image or ''}".lower()) for one in workload.containers):
        return
    for key, found in environment.values.items():
        if _KEYS.search(key) and found.value.strip().lower() not in _STREAMS:
            yield key, f"`{environment.service.name}` writes its logs to `{found.value.strip()}`", found.at
            return
    volume = _volume(workload)
    if volume is not None:
        yield volume[0], f"`{environment.service.name}` keeps its logs in the volume `{volume[0]}`", volume[1]


def _volume(workload: WorkloadFact) -> tuple[str, Location] | None:
    """Return the claimed or named volume that a container of *workload* mounts to write logs to."""
    kept = {volume.name: volume for volume in workload.volumes if volume.kind in {"claim", "named"}}
    for container in workload.containers:
        for name, path, is_read_only in container.mounts if not container.init else ():
            if name in kept and not is_read_only and _DIRECTORY.search(path):
                return kept[name].source, kept[name].at or workload.at
    return None
