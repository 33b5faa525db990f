"""Facts of a Score workload."""

from collections.abc import Iterator

from archlint.api import DatastoreFact, DependencyFact, Fact, ServiceFact, regex, role_of
from archlint.formats.score.views import ScoreResource, ScoreWorkload

_SERVICES = frozenset(("service", "workload", "endpoint"))
_ENGINES = {
    "postgres": "postgresql", "postgres-instance": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mysql-instance": "mysql",
    "mariadb": "mysql", "mssql": "sqlserver", "mssql-instance": "sqlserver", "mongodb": "mongodb", "mongodb-instance": "mongodb", "redis": "redis",
    "valkey": "redis", "memcached": "memcached", "amqp": "rabbitmq", "rabbitmq": "rabbitmq", "kafka": "kafka", "kafka-topic": "kafka", "nats": "nats",
    "s3": "s3", "s3-bucket": "s3", "elasticsearch": "elasticsearch", "dynamodb-table": "dynamodb", "cassandra": "cassandra", "mqtt": "mqtt",
}  # fmt: skip
_WORKLOAD_NAME = regex(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")


def facts_of(workload: ScoreWorkload) -> Iterator[Fact]:
    """Yield the service that *workload* is, its datastores and its dependencies."""
    if not workload.name:
        return
    if _is_store(workload.name):
        yield DatastoreFact(
            at=workload.place, extractor="score", confidence=0.9, name=workload.name, database=workload.name
        )
        return
    images = [workload.get("containers", key, "image") for key in workload.mapping("containers")]
    role = role_of(
        workload.name, next((image for image in images if isinstance(image, str) and len(image) > 1), "")
    )
    yield ServiceFact(at=workload.place, extractor="score", confidence=0.95, name=workload.name, role=role)
    for resource in workload.resources:
        engine = _ENGINES.get(resource.type)
        if resource.type in _SERVICES:
            yield from _call(workload, resource)
        elif engine is not None:
            entity = f"score:{resource.shared}"
            at = resource.at("type")
            yield DatastoreFact(
                at=at,
                extractor="score",
                confidence=0.95,
                name=resource.id or f"{workload.name}.{resource.name}",
                entity=entity,
                engine=engine,
                database="" if resource.type.endswith("-instance") else resource.id,
            )
            yield from _dependency(workload, resource, entity, "uses")


def _call(workload: ScoreWorkload, resource: ScoreResource) -> Iterator[Fact]:
    """Yield the call of the workload that *resource* names: by a parameter, by its id, by its own name."""
    named = (resource.get("params", "name"), resource.get("params", "workload"), resource.id, resource.name)
    target = next((name for name in named if isinstance(name, str) and name), "")
    target = target.rpartition(".")[2] if _WORKLOAD_NAME.match(target.rpartition(".")[2]) else target
    if target != workload.name and "${" not in target:
        if _is_store(target):
            yield from _dependency(workload, resource, target, "uses", confidence=0.75)
        else:
            yield from _dependency(workload, resource, target, "calls")


def _is_store(name: str) -> bool:
    """Tell whether *name* says that a workload of our own is a database: who needs it stores data there."""
    return name in {"database", "db"} or name.endswith(("-database", "-db"))


def _dependency(
    workload: ScoreWorkload, resource: ScoreResource, target: str, kind: str, *, confidence: float = 0.95
) -> Iterator[Fact]:
    """Yield the dependency at every place that says so: the variables filled from the resource, and the resource."""
    for place in (*resource.uses, resource.at("type")):
        yield DependencyFact(
            at=place,
            extractor="score",
            confidence=confidence,
            source=workload.name,
            target=target,
            kind="uses" if kind == "uses" else "calls",
            declared=True,
        )
