"""A public route that lets through more than the contract of the service behind.

## Why is this bad?

What nobody described nobody reviews: old versions, debug pages and internal operations of the same service can be reached from outside, without anybody having
decided that they should.

## How to fix

Route the paths of the contract only, or describe what else is meant for the outside.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from archlint.api import (
    ApiFact,
    Bad,
    Context,
    Exposure,
    Good,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    exposures,
    patterns,
    regex,
    rule,
)

_KINDS = frozenset(("Ingress", "VirtualService", "HTTPRoute", "SpringGateway"))
"""Routes of which it is known whether they change the path."""
_REWRITES = frozenset(("StripPrefix", "RewritePath", "PrefixPath", "SetPath"))
_ROLES = frozenset(("web", "website", "frontend", "bff", "gateway"))
_PAGES = regex(
    r"(?:^|[-_.])(?:front-?end|web|webapp|www|ui|website|portal|spa|storefront|gateway|bff)(?:$|[-_.])",
    re.IGNORECASE,
)
_ROUTE = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: {annotations}
spec:
  rules:
    - http:
        paths:
          - path: {path}
            pathType: Prefix
            backend: {{service: {{name: {name}, port: {{number: 80}}}}}}{marker}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: {name}, image: "shop/{name}:1"}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"""
_API = """
openapi: 3.1.0
info: {{title: orders, version: 1.0.0}}
servers: [{{url: {server}}}]
paths:
  {path}:
    get: {{operationId: list, responses: {{"200": {{description: ok}}}}}}
  {path}/{{id}}:
    get: {{operationId: one, responses: {{"200": {{description: ok}}}}}}
"""


def _routed(
    path: str,
    marker: str = "",
    *,
    name: str = "orders",
    server: str = "/api/v1",
    api: str = "/orders",
    annotations: str = "{team: a}",
) -> dict[str, str]:
    return {
        f"{name}/deploy.yaml": _ROUTE.format(path=path, marker=marker, name=name, annotations=annotations),
        f"{name}/openapi.yaml": _API.format(server=server, path=api),
    }


@rule(
    id="route-exposes-undocumented-path",
    category="networking",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/",),
    tags=("security",),
    examples=(
        Bad(_routed("/", "  # <- `shop` lets `/` through to `orders`, whose contract begins with `/api/v1`")),
        Bad(
            _routed(
                "/api",
                "  # <- `shop` lets `/api` through to `orders`, whose contract begins with `/api/v1`",
                server="https://shop.example.com",
                api="/api/v1/orders",
            )
        ),
        Good(_routed("/api/v1/orders")),
        Good(_routed("/api/v1")),
        Good(_routed("/", server="/"), "the only resource"),
        Good(_routed("/api/v1/orders/new")),
        Good(_routed("/", server="/", api="/{tenant}/orders"), "the contract begins with a parameter"),
        Good(_routed("/", name="storefront"), "pages and their assets"),
        Good(_routed("/", server="'{base}'"), "nobody knows where it is served"),
        Good(
            _routed("/", annotations="{nginx.ingress.kubernetes.io/rewrite-target: /api/v1/orders}"),
            "a rewrite",
        ),
        Good({"orders/deploy.yaml": _routed("/")["orders/deploy.yaml"]}, "no contract"),
        Good(_routed("/", annotations="{kubernetes.io/ingress.class: internal}"), "no public route"),
    ),
)
def route_exposes_undocumented_path(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report public routes whose prefix is above what all operations of the service begin with."""
    del context
    told: set[tuple[str, ...]] = set()
    for way in exposures(graph):
        if way.route is None or not _is_plain(way) or _serves_pages(way.service):
            continue
        base, api = _base(way.service)
        if api is None or not base:
            continue
        for path in (pattern.text for pattern in patterns(way.route) if pattern.kind == "prefix"):
            segments = tuple(part for part in path.split("/") if part)
            key = (way.route.kind, way.route.scope, way.route.name, path, way.service.name)
            if len(segments) < len(base) and base[: len(segments)] == segments and key not in told:
                told.add(key)
                yield Problem(
                    f"`{way.route.name}` lets `{path}` through to `{way.service.name}`, whose contract begins with `/{'/'.join(base)}`",
                    way.at,
                    help="route the paths of the contract only",
                    related=(Related("the contract", api.at),),
                    identity=("undocumented", *key),
                )


def _is_plain(way: Exposure) -> bool:
    """Tell whether requests on the route keep their paths."""
    route = way.route
    if route is None or route.kind not in _KINDS or "rewrite" in route.extra or route.extra.get("protocol"):
        return False
    filters = route.extra.get("filters")
    return not _REWRITES & set(filters if isinstance(filters, list) else ())


def _serves_pages(service: Service) -> bool:
    return service.role in _ROLES or _PAGES.search(service.name.partition(" (")[0]) is not None


def _base(service: Service) -> tuple[tuple[str, ...], ApiFact | None]:
    """Return the segments with which the paths of all operations begin, and a contract; nothing where that is not known.

    The name of a single resource is not one of them: another one may be described tomorrow.
    """
    paths: list[list[str]] = []
    for api in service.apis:
        if api.format != "openapi":
            return (), None
        for server in api.servers or ("/",):
            try:
                start = urlsplit(server).path
            except ValueError:
                return (), None
            if any(sign in server for sign in "{}$"):
                return (), None
            paths.extend(
                [part for part in f"{start}/{operation.path}".split("/") if part]
                for operation in api.operations
            )
    if not paths:
        return (), None
    common = paths[0]
    for path in paths:
        length = next(
            (at for at, (one, other) in enumerate(zip(common, path, strict=False)) if one != other), None
        )
        common = common[: min(len(common), len(path)) if length is None else length]
    static = next((at for at, part in enumerate(common) if "{" in part), len(common))
    base = common[:static]
    if any(path[: len(base) + 1] == base for path in paths):
        base = base[:-1]
    return tuple(base), service.apis[0]
