"""Two services in one pod.

## Why is this bad?

Containers of one pod are deployed, scaled, moved and restarted together: neither service can be released or grow alone, and one that runs out of memory takes the other
along.

## How to fix

Give each service a workload of its own. What only helps a service (a proxy, a log shipper) may stay beside it.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Problem,
    Related,
    Severity,
    engine_of,
    is_third_party,
    regex,
    role_of,
    rule,
)
from archlint.formats.kubernetes import ContainerView, Workload

_HELPS = regex(
    r"proxy|sidecar|agent|reload|sync|collector|exporter|shipper|forward|logg|(?:^|-)logs?(?:-|$)|metric|monitor|statsd|inject|adapter|ambassador|init|wait|debug|"
    r"helper|watch|refresh|renew|vault|envoy|istio|linkerd|dapr|otel|fluent|filebeat|nginx|httpd|caddy|haproxy|varnish|rbac|authz|authn|(?:^|-)opa(?:-|$)|oauth|auth2|tunnel|cloudsql|busybox|toolbox"
)
_OWN = frozenset(("metrics", "health", "healthz", "admin", "probe", "prom", "prometheus", "debug", "pprof"))
_TAG = regex(r":[^:/]*\Z")
_POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop}}
spec:
  template:
    metadata: {{labels: {{app: shop}}}}
    spec:
      {init}
      containers:
        - name: orders
          image: shop/orders:1
          ports: [{{containerPort: 8080}}]
        - name: {name}{marker}
          image: {image}
          ports: {ports}
"""


def _pod(
    name: str = "stock",
    *,
    image: str = "shop/stock:1",
    ports: str = "[{containerPort: 8081}]",
    marker: str = "",
    init: str = "restartPolicy: Always",
) -> str:
    return _POD.format(name=name, image=image, ports=ports, marker=marker, init=init)


@rule(
    id="multiple-services-in-one-pod",
    category="services",
    severity=Severity.WARNING,
    subject=Workload,
    since="0.1.0",
    profile="strict",
    references=(
        "https://kubernetes.io/docs/concepts/workloads/pods/#how-pods-manage-multiple-containers",
        "https://doi.org/10.1007/s00450-019-00407-8",
    ),
    examples=(
        Bad(_pod(marker="  # <- `stock` and `orders` are two services in one pod")),
        Good(_pod("istio-proxy", image="istio/proxyv2:1.24")),
        Good(_pod("linkerd-proxy", image="linkerd/proxy:1")),
        Good(_pod("daprd", image="daprio/daprd:1")),
        Good(_pod("otel-collector", image="otel/opentelemetry-collector:1")),
        Good(_pod("vault-agent", image="hashicorp/vault:1")),
        Good(_pod("cloud-sql-proxy", image="gcr.io/cloud-sql-connectors/cloud-sql-proxy:2")),
        Good(_pod("web", image="nginx:1.27"), "serves the static files"),
        Good(_pod("ext-authz", image="shop/ext-authz:1"), "decides for the service what is allowed"),
        Good(_pod("cache", image="redis:7"), "not a service"),
        Good(_pod("worker", image="shop/orders:1"), "the same service once more"),
        Good(_pod("worker", image="shop/worker:1", ports="[]"), "nobody calls it"),
        Good(
            _pod("prices", image="shop/prices:1", ports="[{containerPort: 9090, name: metrics}]"),
            "only shows metrics",
        ),
        Good(
            _pod(
                "metrics-exporter",
                image="shop/exporter:1",
                init="initContainers: [{name: migrate, image: 'shop/migrate:1', ports: [{containerPort: 1}]}]",
            ),
            "init containers are over when the service starts",
        ),
        Good(_pod(image="'{{ .Values.sidecar.image }}'"), "filled in when it is rendered"),
    ),
)
def multiple_services_in_one_pod(workload: Workload, context: Context) -> Iterator[Problem]:
    """Report containers beyond the first that have another image of this system and ports for requests, but for those that help."""
    del context
    if not workload.runs_forever or workload.is_test_hook:
        return
    found: list[ContainerView] = []
    for container in workload.main_containers:
        if _is_service(container) and all(_path(container) != _path(other) for other in found):
            found.append(container)
    for other in found[1:]:
        yield Problem(
            f"`{other.name}` and `{found[0].name}` are two services in one pod",
            other.at("name"),
            help="give each service a workload of its own",
            related=(Related("the other container", found[0].at("name")),),
        )


def _is_service(container: ContainerView) -> bool:
    """Tell whether *container* is a service that others call, as far as its image, name and ports tell."""
    image = container.image or ""
    name = container.name.lower()
    if not image or "$" in image or is_third_party(image) or engine_of(image) or role_of(name, image):
        return False
    if _HELPS.search(name) or _HELPS.search(_path(container).rpartition("/")[2].lower()):
        return False
    ports = [
        port for port in container.items("ports") if isinstance(port, dict) and port.get("containerPort")
    ]
    return any(not _OWN & set(str(port.get("name", "")).lower().split("-")) for port in ports)


def _path(container: ContainerView) -> str:
    return _TAG.sub("", (container.image or "").partition("@")[0])
