"""Two services write to the same volume.

## Why is this bad?

Files are an interface that nobody designed: no contract, no versions, no locks. Both services have to run where the volume can be mounted, neither can be changed or
scaled alone, and who broke a file cannot be told.

## How to fix

Let one service own the files and serve them to the other, or put them into an object store behind an API. Mount read-only what is only read.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Container,
    Context,
    Good,
    Location,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    WorkloadFact,
    infrastructure_roles,
    is_third_party,
    key_words,
    regex,
    rule,
)

_CLAIM = "PersistentVolumeClaim"
_INCIDENTAL = frozenset((
    "CACHE", "CACHES", "M2", "GRADLE", "MAVEN", "NUGET", "NPM", "YARN", "PNPM", "PIP", "GOPATH", "CARGO", "MODULES", "TMP", "TEMP", "SOCK", "SOCKET", "SOCKETS",
    "RUN", "CERT", "CERTS", "TLS", "SSL", "CA", "LOG", "LOGS", "STATIC", "STATICFILES", "ASSETS", "VENV", "BUNDLE", "DEPS", "WWW",
))  # fmt: skip
_TAG = regex(r":[^:/]*\Z")
_CLAIMED = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    spec:
      containers:
        - name: {name}
          image: {image}
          volumeMounts: [{{name: files, mountPath: /files{more}}}]
      volumes:
        - {{name: files, persistentVolumeClaim: {{claimName: {claim}}}}}{marker}
"""
_COMPOSE = """
services:
  orders:
    image: shop/orders
    volumes: [{first}]
  stock:{marker}
    image: {image}
    volumes: [{second}]
volumes: {{files: {{}}, cache: {{}}}}
"""


def _claims(
    *, claim: str = "files", more: str = "", image: str = "shop/stock:1", marker: str = ""
) -> dict[str, str]:
    one = _CLAIMED.format(name="orders", image="shop/orders:1", claim="files", more="", marker="")
    other = _CLAIMED.format(name="stock", image=image, claim=claim, more=more, marker=marker)
    return {"deploy.yaml": (one + other).lstrip("-\n")}


def _compose(
    first: str = '"files:/data"', second: str = '"files:/data"', image: str = "shop/stock", marker: str = ""
) -> dict[str, str]:
    return {"compose.yaml": _COMPOSE.format(first=first, second=second, image=image, marker=marker)}


@rule(
    id="shared-volume",
    category="data",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes",
        "https://12factor.net/processes",
    ),
    examples=(
        Bad(_claims(marker="  # <- `stock` and `orders` both write to the volume `files`")),
        Bad(_compose(marker="  # <- `stock` and `orders` both write to the volume `files`")),
        Good(_claims(claim="stock-files")),
        Good(_claims(more=", readOnly: true"), "one of them reads"),
        Good(_claims(image="shop/orders:1"), "a worker of the same service"),
        Good(_claims(image="nginx:1.27"), "a web server in front of files"),
        Good(_compose(second='"files:/data:ro"'), "one of them reads"),
        Good(_compose(second='"./stock:/data"')),
        Good(_compose('"cache:/root/.m2"', '"cache:/root/.m2"'), "a cache of builds"),
        Good(_compose(image="postgres:17"), "not a service"),
    ),
)
def shared_volume(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report each further service of this system that mounts a claim or a named volume to write to it."""
    del context
    read_only = {
        (fact.scope, fact.name)
        for fact in graph.selects
        if fact.kind == _CLAIM and fact.spec.get("accessModes") == ["ReadOnlyMany"]
    }
    first: dict[tuple[str, str], list[tuple[Service, Location, str]]] = defaultdict(list)
    said: set[tuple[str, ...]] = set()
    for service in graph.services:
        if not service.first_party or service.role in infrastructure_roles() or service.role == "gateway":
            continue
        for workload in service.workloads:
            for name, at, image in _written(workload):
                if (workload.scope, name) in read_only:
                    continue
                users = first[workload.scope, name]
                other = next(
                    (
                        user
                        for user in users
                        if _is_other(user, service, image) and graph.variants.together(at.path, user[1].path)
                    ),
                    None,
                )
                if other is None:
                    users.append((service, at, image))
                    continue
                key = (service.id, other[0].id, name)
                if key not in said:
                    said.add(key)
                    yield Problem(
                        f"`{service.name}` and `{other[0].name}` both write to the volume `{name}`",
                        at,
                        help="let one of them own the files, and mount read-only what is only read",
                        related=(Related(f"`{other[0].name}` mounts it here", other[1]),),
                        identity=("shared-volume", *key),
                    )


def _is_other(user: tuple[Service, Location, str], service: Service, image: str) -> bool:
    return user[0] is not service and not (image and image == user[2])


def _written(workload: WorkloadFact) -> Iterator[tuple[str, Location, str]]:
    """Yield the volumes that containers of *workload* mount to write to: what is claimed, where it stands, and by which image."""
    volumes = {
        volume.name: volume
        for volume in workload.volumes
        if volume.kind in {"claim", "named"} and volume.source and not {"{", "$"} & set(volume.source)
    }
    for container in workload.containers:
        if container.init or container.sidecar or is_third_party(container.image or ""):
            continue
        for name, path, is_read_only in container.mounts:
            volume = volumes.get(name)
            words = {*key_words(path).split("_"), *key_words(name).split("_")}
            if volume is not None and not is_read_only and words.isdisjoint(_INCIDENTAL):
                yield volume.source, volume.at or workload.at, _image(container)


def _image(container: Container) -> str:
    return _TAG.sub("", (container.image or "").partition("@")[0])
