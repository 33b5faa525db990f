"""A container that may take all of a node, or is promised nothing of it.

## Why is this bad?

Without a memory limit one leak takes the node and every neighbour on it. Without requests the scheduler puts too much on one node, and the
container is the first to be evicted.

## How to fix

Set requests for CPU and memory from what the container really needs, and a limit for memory. A limit for CPU is a matter of taste and not asked
for.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.compose import ComposeService
from archlint.formats.kubernetes import ContainerView

_POD = """
apiVersion: v1
kind: Pod
metadata: {{name: orders}}
spec:
  containers:
    - name: orders{marker}
      image: shop/orders:1
      {resources}
"""


def _pod(resources: str, marker: str = "") -> str:
    return _POD.format(resources=resources, marker=marker)


def _is_candidate(container: ContainerView | ComposeService) -> bool:
    if isinstance(container, ComposeService):
        return container.is_whole
    return not container.workload.is_test_hook and (container.is_sidecar or not container.init)


@rule(
    id="resources-unset",
    category="resilience",
    severity=Severity.WARNING,
    profile="strict",
    subject=(ContainerView, ComposeService),
    since="0.1.0",
    references=("https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",),
    applies=_is_candidate,
    examples=(
        Bad(_pod("ports: []", "  # <- `orders` has no memory limit and no requests")),
        Bad(_pod("resources: {requests: {cpu: 100m, memory: 64Mi}}", "  # <- `orders` has no memory limit")),
        Bad(_pod("resources: {limits: {memory: 64Mi}}", "  # <- `orders` has no cpu request")),
        Good(
            _pod("resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}"),
            "no CPU limit on purpose",
        ),
        Good(_pod("resources: {limits: {cpu: 100m, memory: 64Mi}}"), "requests default to the limits"),
        Good(_pod("resources: '{{ .Values.resources }}'"), "filled in when it is rendered"),
        Good(
            _pod("resources: {limits: {cpu: 100m, memory: 64Mi}}")
            + "  initContainers: [{name: wait-for-db, image: busybox}]",
            "what ends before the pod serves anybody",
        ),
    ),
)
def resources_unset(container: ContainerView | ComposeService, context: Context) -> Iterator[Problem]:
    """Report a container without memory limit or without requests (a limit counts as request); in compose, without any limit."""
    del context
    if isinstance(container, ComposeService):
        yield from _compose(container)
        return
    resources = container.get("resources", default={})
    if resources is not None and not isinstance(resources, dict):
        return
    limits, requests = container.mapping("resources", "limits"), container.mapping("resources", "requests")
    if isinstance(container.get("resources", "limits"), str) or isinstance(
        container.get("resources", "requests"), str
    ):
        return
    missing = [name for name in ("cpu", "memory") if name not in requests and name not in limits]
    lacks = []
    if "memory" not in limits:
        lacks.append("no memory limit")
    if missing:
        lacks.append("no requests" if len(missing) > 1 else f"no {missing[0]} request")
    if lacks:
        yield Problem(
            f"`{container.name}` has {' and '.join(lacks)}",
            container.location,
            help="set `requests` for cpu and memory, and a `limits.memory`",
        )


def _compose(service: ComposeService) -> Iterator[Problem]:
    limits = service.last("deploy", "resources", "limits")
    memory = isinstance(limits[0], dict) and "memory" in limits[0] if limits else False
    if not memory and service.last("mem_limit") is None:
        yield Problem(
            f"`{service.name}` has no memory limit",
            service.document.at(service.pointer, on_key=True),
            help="set `deploy.resources.limits.memory`",
            severity=Severity.INFO,
        )
