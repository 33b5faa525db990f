"""More connections in the pools than the database admits.

## Why is this bad?

It works until everybody scales out: then the database refuses connections, just when there is most to do, and every service that uses it fails at once, also those
that behaved.

## How to fix

Make the sum of (largest number of replicas times pool size) smaller than `max_connections`, with a few left for migrations and for people. Small pools are mostly the
faster ones. Where many processes need a connection each, put a pooler such as PgBouncer before the database.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Datastore,
    Dependency,
    Good,
    Location,
    Pointer,
    Problem,
    Related,
    Scaling,
    Service,
    ServiceGraph,
    Severity,
    WorkloadFact,
    key_words,
    regex,
    rule,
)
from archlint.formats.openslo import ServiceFinder

_CAPACITY = regex(r"max[-_]connections[=\s]+['\"]?(?P<number>\d+)\b")
_CAPACITY_KEY = regex(r"(?:POSTGRES(?:QL)?|PG|MYSQL|MARIADB)_MAX_CONNECTIONS")
_POOL_KEY = regex(
    r"(?:.*_)?(?:DB|DATABASE|DATASOURCE|HIKARI|JDBC|PG|POSTGRES(?:QL)?|MYSQL|SQLALCHEMY|SQL)_(?:.*_)?"
    r"(?:POOL|POOL_SIZE|POOL_MAX|POOL_MAX_SIZE|MAX_POOL|MAX_POOL_SIZE|MAXPOOLSIZE|MAXIMUM_POOL_SIZE|MAXIMUMPOOLSIZE|MAX_OPEN_CONNS|MAX_OPEN_CONNECTIONS)"
)
_SPRING_KEY = regex(r"SPRING_DATASOURCE_HIKARI_MAXIMUM_?POOL_?SIZE")
_POOLERS = regex(r"pgbouncer|pgcat|pgpool|odyssey|proxysql|rds-proxy|supavisor|maxscale", re.IGNORECASE)
_DATABASE = """
services:
  db: {{image: "postgres:17", command: ["postgres", "-c", "max_connections={most}"]}}{marker}
  orders:
    image: shop/orders
    deploy: {{replicas: {replicas}}}
    environment: {{DATABASE_URL: "postgres://app@db/orders", DB_POOL_SIZE: "{size}"}}
  stock:
    image: shop/stock
    environment: {{DATABASE_URL: "postgres://app@db/stock", DB_POOL_SIZE: "{size}"}}
"""
_SPRING = """
services:
  db: {{image: "postgres:17", command: -c max_connections=50}}{marker}
  orders: {{build: ./orders, deploy: {{replicas: 6}}}}
"""
_SETTINGS = """
spring.application.name=orders
spring.datasource.url=jdbc:postgresql://db/orders
"""
_POOLED = """
services:
  db: {image: "postgres:17", command: ["postgres", "-c", "max_connections=20"]}
  pgbouncer: {image: edoburu/pgbouncer, environment: {DATABASE_URL: "postgres://app@db/orders"}}
  orders:
    image: shop/orders
    deploy: {replicas: 9}
    environment: {DATABASE_URL: "postgres://app@pgbouncer/orders", DB_POOL_SIZE: "20"}
"""


def _compose(most: int, size: int, replicas: int = 1, marker: str = "") -> dict[str, str]:
    return {"compose.yaml": _DATABASE.format(most=most, size=size, replicas=replicas, marker=marker)}


type _Place = tuple[str, int, Pointer]


@dataclass(frozen=True, slots=True)
class _Pool:
    """The connections of one service: the size of its pool, the place that says it, and how many processes have one."""

    service: Service
    size: int
    at: Location
    copies: int


@rule(
    id="pool-exceeds-database-capacity",
    category="resilience",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing",
        "https://www.postgresql.org/docs/current/runtime-config-connection.html",
    ),
    examples=(
        Bad(_compose(100, 30, 3, "  # <- pools of up to 120 connections meet a `db` that admits 100")),
        Bad(
            {
                "compose.yaml": _SPRING.format(
                    marker="  # <- pools of up to 60 connections meet a `db` that admits 50"
                ),
                "orders/src/main/resources/application.properties": _SETTINGS,
            },
            "ten is the default of HikariCP",
        ),
        Bad(
            {
                "compose.yaml": _SPRING.format(
                    marker="  # <- pools of up to 120 connections meet a `db` that admits 50"
                ),
                "orders/src/main/resources/application.properties": _SETTINGS
                + "spring.datasource.hikari.maximum-pool-size=20",
            }
        ),
        Good(_compose(200, 30, 3)),
        Good(_compose(100, 30, 1)),
        Good(
            {
                "compose.yaml": _compose(100, 90, 3)["compose.yaml"]
                .replace("-c", "-d")
                .replace("max_", "min_")
            },
            "what it admits is not known",
        ),
        Good({"compose.yaml": _POOLED}, "a pooler stands between them"),
        Good(
            {
                "compose.yaml": _SPRING.format(marker=""),
                "orders/src/main/resources/application.properties": _SETTINGS
                + "spring.datasource.hikari.maximum-pool-size=5",
            }
        ),
    ),
)
def pool_exceeds_database_capacity(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report database servers whose users may open more connections, all replicas together, than `max_connections`."""
    del context
    servers = _servers(graph)
    if not servers:
        return
    sizes = _sizes(graph)
    scaling = Scaling(graph)
    stores: dict[_Place, list[Datastore]] = defaultdict(list)
    for store in graph.datastores:
        for place in {item.at.node for item in store.evidence} if store.kind == "db" else ():
            stores[place].append(store)
    for place, (workload, most) in servers.items():
        users = _users(graph, workload, stores.get(place, []))
        if any(_POOLERS.search(service.name) for service in users.values()):
            continue
        pools = [
            _Pool(service, *sizes[service.id], copies=_copies(service, workload, graph, scaling))
            for service in users.values()
            if service.id in sizes
        ]
        wanted = sum(pool.size * pool.copies for pool in pools)
        if wanted > most:
            yield Problem(
                f"pools of up to {wanted} connections meet a `{workload.name}` that admits {most}",
                workload.at,
                help="make the pools smaller, or put a pooler before the database",
                related=tuple(
                    Related(f"`{pool.service.name}`: {pool.copies} times {pool.size}", pool.at)
                    for pool in pools
                ),
                confidence=Confidence.CONFIGURED,
                identity=("pool", workload.scope, workload.name),
            )


def _servers(graph: ServiceGraph) -> dict[_Place, tuple[WorkloadFact, int]]:
    """Return the workloads that say how many connections they admit."""
    found = {}
    for workload in graph.workloads:
        for container in workload.containers:
            match = _CAPACITY.search(" ".join(container.command))
            number = int(match["number"]) if match is not None else None
            for setting in container.settings:
                if (
                    setting.value
                    and setting.value.isdecimal()
                    and _CAPACITY_KEY.fullmatch(key_words(setting.key))
                ):
                    number = int(setting.value)
            if number:
                found[workload.at.node] = (workload, number)
    return found


def _users(graph: ServiceGraph, workload: WorkloadFact, stores: list[Datastore]) -> dict[str, Service]:
    """Return the services whose only database server is *workload*, the home of *stores*, in a deployment that has both."""
    found: dict[str, Service] = {}
    for store in stores:
        for edge in graph.incoming(store):
            if (
                edge.kind == "uses"
                and _is_together(edge, workload, graph)
                and _servers_of(edge.source, graph) == 1
            ):
                found[edge.source.id] = edge.source
    return found


def _is_together(edge: Dependency, workload: WorkloadFact, graph: ServiceGraph) -> bool:
    return any(
        graph.variants.together(item.at.path, workload.at.path)
        and (not item.scopes or workload.scope in item.scopes)
        for item in edge.evidence
    )


def _servers_of(service: Service, graph: ServiceGraph) -> int:
    return len({
        (edge.target.scope, edge.target.host)
        for edge in graph.outgoing(service)
        if edge.kind == "uses" and isinstance(edge.target, Datastore) and edge.target.kind == "db"
    })  # fmt: skip


def _copies(service: Service, server: WorkloadFact, graph: ServiceGraph, scaling: Scaling) -> int:
    """Return how many processes of *service* may run beside *server*: at least one."""
    copies = [
        scaling.of(workload).most or 1
        for workload in service.workloads
        if (
            workload.scope == server.scope
            or workload.scope.startswith("k8s:") == server.scope.startswith("k8s:")
        )
        and graph.variants.together(workload.at.path, server.at.path)
    ]
    return max(copies, default=1)


def _sizes(graph: ServiceGraph) -> dict[str, tuple[int, Location]]:
    """Return the sizes of the services' pools: from their environment, or else from their own configuration."""
    finder = ServiceFinder(graph)
    found: dict[str, tuple[int, Location]] = {}
    for fact in graph.selects:
        size = fact.spec.get("maximum")
        if fact.kind == "spring/Pool" and isinstance(size, int) and not fact.spec.get("profile"):
            service = finder.named(fact.name) if fact.name else None
            if service is not None:
                found.setdefault(service.id, (size, fact.at))
    several: dict[str, set[int]] = defaultdict(set)
    places: dict[str, Location] = {}
    for setting in graph.settings:
        words = key_words(setting.key)
        if setting.value.isdecimal() and (_POOL_KEY.fullmatch(words) or _SPRING_KEY.fullmatch(words)):
            several[setting.service.id].add(int(setting.value))
            places.setdefault(setting.service.id, setting.at)
    found |= {key: (min(sizes), places[key]) for key, sizes in several.items()}
    return found
