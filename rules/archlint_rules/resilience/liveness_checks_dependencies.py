"""A liveness probe that asks for more than whether the process is alive.

## Why is this bad?

When the database is away, every pod is "dead": Kubernetes restarts them all, again and again, and when the database is back they all start at once and
take it down again.

## How to fix

Let liveness check the process only (`/actuator/health/liveness` in Spring Boot), and put dependencies into readiness.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, regex, role_of, rule
from archlint.formats.kubernetes import ContainerView

_DEEP = regex(
    r"/(?:deep|dependencies|db|database|full)(?:$|[/?])|/health/(?:ready|readiness|db|deep)|/ready(?:z|iness)?$|check[-_]?all",
    re.IGNORECASE,
)
_READY = regex(r"/ready(?:z|iness)?$|/readiness$", re.IGNORECASE)
_ALONE = frozenset(("gateway", "telemetry", "exporter"))  # their `/ready` tells of the process itself
_TOOLS = ("psql", "pg_isready", "redis-cli", "mysqladmin", "mongo", "mongosh", "nc ", "curl", "wget")
_STORES = ("postgres", "redis", "mysql", "mariadb", "mongo", "valkey", "kafka", "rabbit")
_POD = """
apiVersion: v1
kind: Pod
metadata: {{name: orders}}
spec:
  containers:
    - name: orders
      image: {image}
      livenessProbe: {probe}
"""


def _pod(probe: str, image: str = "shop/orders:1") -> str:
    return _POD.format(probe=probe, image=image)


@rule(
    id="liveness-checks-dependencies",
    category="resilience",
    severity=Severity.WARNING,
    subject=ContainerView,
    since="0.1.0",
    references=(
        "https://docs.spring.io/spring-boot/reference/actuator/endpoints.html#actuator.endpoints.kubernetes-probes",
    ),
    applies=lambda container: isinstance(container.get("livenessProbe"), dict),
    examples=(
        Bad(
            _pod(
                "{httpGet: {path: /actuator/health, port: 8080}}  # <- liveness of `orders` also fails for its dependencies (`/actuator/health`)"
            )
        ),
        Bad(
            _pod(
                "{exec: {command: [sh, -c, 'psql -h db -c \"select 1\"']}}  # <- liveness of `orders` also fails for its dependencies"
            )
        ),
        Bad(
            _pod(
                "{httpGet: {path: /ready, port: 8080}}  # <- liveness of `orders` asks whether it is ready (`/ready`)"
            )
        ),
        Good(_pod("{httpGet: {path: /ready, port: 9901}}", "envoyproxy/envoy:v1.30.0"), "Envoy's own state"),
        Good(_pod("{httpGet: {path: /actuator/health/liveness, port: 8080}}")),
        Good(_pod("{httpGet: {path: /healthz, port: 8080}}")),
        Good(_pod("{exec: {command: [pg_isready]}}", "postgres:17"), "the database asks itself"),
        Good(_pod("{exec: {command: [curl, 'http://localhost:8080/alive']}}"), "the container asks itself"),
    ),
)
def liveness_checks_dependencies(container: ContainerView, context: Context) -> Iterator[Problem]:
    """Report aggregate health endpoints and commands that ask other hosts."""
    del context
    probe = container.mapping("livenessProbe")
    shown, asked = "", "also fails for its dependencies"
    http = probe.get("httpGet")
    if isinstance(http, dict) and isinstance(http.get("path"), str):
        path = http["path"]
        shown = path if path.rstrip("/").endswith("/actuator/health") or _DEEP.search(path) else ""
        if _READY.search(path):
            alone = role_of(container.name, container.image or "") in _ALONE
            shown, asked = "" if alone else shown, "asks whether it is ready"
    command = probe.get("exec")
    if isinstance(command, dict) and isinstance(command.get("command"), list):
        text = " ".join(str(part) for part in command["command"])
        own = any(name in (container.image or "") for name in _STORES) or re.search(
            r"localhost|127\.0\.0\.1|\[::1\]", text
        )
        asks = any(tool in text for tool in _TOOLS) and re.search(r"-h\s|--host|://|@", text)
        if asks and not own:
            shown, asked = command["command"][0], "also fails for its dependencies"
    if shown:
        yield Problem(
            f"liveness of `{container.name}` {asked} (`{shown}`)",
            container.at("livenessProbe"),
            help="let liveness check the process only, and put dependencies into readiness",
        )
