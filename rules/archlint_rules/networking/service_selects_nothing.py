"""A Service whose selector matches no pods.

## Why is this bad?

Its name resolves and its port answers nothing: every call to it fails, and nothing says why. Mostly it is a label that was renamed on one
side only.

## How to fix

Make the selector and the labels of the pod template agree, and `targetPort` a port of the container.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Pods, Problem, ServiceGraph, Severity, WorkloadFact, rule

_EXPERIMENT = "argoproj.io/Experiment"
_PODS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  template:
    metadata: {labels: {app: orders}}
    spec:
      containers: [{name: orders, image: "shop/orders:1", ports: [{containerPort: 8080, name: web}]}]
"""
_SERVICE = """
---
apiVersion: v1
kind: Service
metadata:
  name: orders{marker}
spec:
  selector: {selector}
  ports: [{{port: 80, targetPort: {target}}}]
"""


def _both(selector: str = "{app: orders}", target: str = "8080", marker: str = "") -> dict[str, str]:
    return {"orders.yaml": _PODS + _SERVICE.format(selector=selector, target=target, marker=marker)}


@rule(
    id="service-selects-nothing",
    category="networking",
    severity=Severity.ERROR,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://kubernetes.io/docs/concepts/services-networking/service/",),
    examples=(
        Bad(_both("{app: order}", marker="  # <- the Service `orders` selects no pods (`app: order`)")),
        Bad(
            _both(
                target="http", marker="  # <- `http` is no port of the pods that the Service `orders` selects"
            )
        ),
        Good(_both()),
        Good(_both(target="web"), "a named port"),
        Good(_both(target="9090"), "a number need not be declared by the container"),
        Good(
            {
                "orders.yaml": _SERVICE.format(selector="{app: orders}", target="8080", marker="").lstrip(
                    "-\n"
                )
            },
            "the pods come from elsewhere",
        ),
        Good(
            {
                "orders.yaml": _PODS
                + _SERVICE.format(selector="{app: '{{ .Values.app }}'}", target="8080", marker=""),
            },
            "filled in when it is rendered",
        ),
        Good(
            {
                "chart/Chart.yaml": "{apiVersion: v2, name: orders, version: 1.0.0}",
                "chart/templates/orders.yaml": _PODS.replace(
                    "{labels: {app: orders}}", "{labels: {app: '{{ .Values.app }}'}}"
                )
                + _SERVICE.format(selector="{app: orders}", target="8080", marker=""),
            },
            "labels of a chart that rendering decides",
        ),
        Good(
            {
                "orders.yaml": """
                    apiVersion: argoproj.io/v1alpha1
                    kind: Rollout
                    metadata: {name: orders}
                    spec:
                      template:
                        metadata: {labels: {app: orders}}
                        spec: {containers: [{name: orders, image: "shop/orders:1"}]}
                      strategy:
                        canary:
                          steps:
                            - experiment:
                                templates: [{name: preview, specRef: canary, metadata: {labels: {app: preview}}}]
                    """
                + _SERVICE.format(selector="{app: preview}", target="8080", marker="").replace(
                    "\n", "\n                    "
                )
            },
            "pods of an experiment",
        ),
    ),
)
def service_selects_nothing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report Services without pods in a namespace whose pods are in the repository, and named target ports that no pod has."""
    labelled = Pods(graph)
    nearby: dict[tuple[str, str], list[WorkloadFact]] = defaultdict(list)
    for workload in graph.workloads:
        nearby[workload.scope, workload.at.path].append(workload)
    rendered = {place for place, workloads in nearby.items() if any(map(_is_rendered, workloads))}
    trials = {
        (fact.scope, key, str(value))
        for fact in graph.selects
        if fact.kind == _EXPERIMENT and fact.selector
        for key, value in fact.selector["matchLabels"].items()
    }
    for endpoint in graph.endpoints:
        if not endpoint.selector or any(
            "{{" in value or "$" in value for value in endpoint.selector.values()
        ):
            continue
        place = endpoint.scope, endpoint.at.path
        if (place not in nearby and not context.complete(endpoint.at.path)) or place in rendered:
            continue
        if all((endpoint.scope, *label) in trials for label in endpoint.selector.items()):
            continue
        pods = labelled.labelled(endpoint.scope, list(endpoint.selector.items()))
        if not pods:
            shown = ", ".join(f"{key}: {value}" for key, value in endpoint.selector.items())
            yield Problem(
                f"the Service `{endpoint.name}` selects no pods (`{shown}`)",
                endpoint.at,
                help="make the selector and the labels of a pod template agree",
                identity=("selects-nothing", endpoint.scope, endpoint.name),
            )
            continue
        names = {port.name for pod in pods for container in pod.containers for port in container.ports}
        for port in endpoint.ports:
            if (
                port.target
                and not port.target.isdecimal()
                and "{{" not in port.target
                and port.target not in names
            ):
                yield Problem(
                    f"`{port.target}` is no port of the pods that the Service `{endpoint.name}` selects",
                    endpoint.at,
                    help="name a port of the container, or use its number",
                    identity=("target-port", endpoint.scope, endpoint.name, port.target),
                )


def _is_rendered(workload: WorkloadFact) -> bool:
    """Tell whether only rendering decides all labels of the pods of *workload*."""
    return any("{{" in text for label in workload.labels.items() for text in label)
