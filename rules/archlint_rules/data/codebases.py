"""Which services are one: those that run the same code, but for the workers and schedulers among them."""

from collections.abc import Collection, Iterator

from archlint.api import Service, WorkloadFact, regex

_TAG = regex(r":[\w.-]*\Z")
_RUNTIME = regex(
    r"(?:(?:docker\.io/)?library/)?(?:node|python|php|golang|ruby|openjdk|eclipse-temurin|amazoncorretto|maven|gradle|composer|perl|rust|elixir|bun|deno|tomcat|nginx)\Z"
    r"|mcr\.microsoft\.com/(?:dotnet|openjdk|devcontainers)/"
)
"""Images that run whatever is mounted: who has the same one has not the same code."""
_HELPER = regex(
    r"(?:\b|_)(?:workers?|beat|schedulers?|cron|crons|crontab|jobs?|tasks?|queues?|consumers?|listeners?|processors?|celery|sidekiq|horizon|dispatcher|relay|outbox|daemon)(?:\b|_)"
)
_HELPS = regex(
    r"\bcelery\b|\b(?:queue|schedule|horizon)(?::\w+)?\b|\bsidekiq\b|\bdramatiq\b|\bhuey\b|\brq\b|\barq\b|\bcrond?\b|(?:\b|_)(?:worker|scheduler|consumer)s?(?:\b|_)"
)


def distinct(services: Collection[Service]) -> int:
    """Return how many of *services* are services of their own; workers and schedulers belong to what has the same code."""
    groups: list[tuple[set[str], list[Service]]] = []
    for service in services:
        code = set(_code_of(service))
        same = [group for group in groups if group[0] & code]
        for group in same:
            groups.remove(group)
        groups.append(
            (code.union(*(one for one, _ in same)), [service, *(other for _, many in same for other in many)])
        )
    return sum(max(sum(not _helps(service) for service in many), 1) for _, many in groups)


def _code_of(service: Service) -> Iterator[str]:
    """Yield what tells the code of *service*: images that are somebody's own, and recipes with all their arguments."""
    for workload in service.workloads:
        for name in ("recipe", "built"):
            if workload.extra.get(name):
                yield f"{workload.extra[name]}"
        for container in workload.containers:
            path = _TAG.sub("", (container.image or "").partition("@")[0])
            if path and not (container.init or container.sidecar) and not _RUNTIME.search(path):
                yield path.replace("_", "-")


def _helps(service: Service) -> bool:
    return bool(_HELPER.search(service.name.lower())) or any(map(_runs_helper, service.workloads))


def _runs_helper(workload: WorkloadFact) -> bool:
    return any(
        _HELPS.search(" ".join(container.command).lower())
        for container in workload.containers
        if not (container.init or container.sidecar)
    )
