"""A service that nobody owns.

## Why is this bad?

Nobody answers when it breaks, and nobody may say yes to a change. Vulnerabilities and cost stay where they are.

## How to fix

Name a team: `spec.owner` in the catalog entry, `owner` in the manifest, or a label.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from archlint.api import (
    Bad,
    Context,
    Good,
    Options,
    Problem,
    Service,
    ServiceGraph,
    Severity,
    infrastructure_roles,
    rule,
)


class OwnerOptions(Options, frozen=True, kw_only=True):
    """Where owners are written."""

    labels: Annotated[tuple[str, ...], Meta(description="labels and annotations of workloads that name the owner")] = (
        "owner", "team", "app.kubernetes.io/owner", "backstage.io/owner",
    )  # fmt: skip


_CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: stock}
spec: {type: service, lifecycle: production, owner: team-a}
"""


@rule(
    id="service-owner-missing",
    category="services",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://backstage.io/docs/features/software-catalog/descriptor-format#specowner-required",),
    options=OwnerOptions,
    examples=(
        Bad(
            {
                "catalog-info.yaml": _CATALOG,
                "compose.yaml": """
                    services:
                      orders:  # <- `orders` has no owner
                        build: orders
                      stock: {build: stock}
                """,
            }
        ),
        Good({"catalog-info.yaml": _CATALOG, "compose.yaml": "services: {stock: {build: stock}}"}),
        Good(
            {"compose.yaml": "services: {stock: {build: stock}}"},
            "where nobody writes owners down, one finding per service helps nobody",
        ),
        Good(
            {
                "catalog-info.yaml": _CATALOG,
                "compose.yaml": "services: {stock: {build: stock}, redis: {image: redis}}",
            },
            "not ours",
        ),
        Good(
            {
                "catalog-info.yaml": _CATALOG,
                "compose.yaml": "services: {orders: {build: o, labels: {team: a}}, stock: {build: stock}}",
            },
            "a label",
        ),
    ),
)
def service_owner_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report first-party services without an owner, in repositories that name owners at all."""
    if not any(service.owner for service in graph.services):
        return
    names = set(context.options.labels)
    for service in graph.services:
        if service.first_party and not _is_owned(service, names):
            yield Problem(
                f"`{service.name}` has no owner",
                service.location,
                help="name a team in the catalog entry, the manifest or a label",
                identity=("owner", service.id),
            )


def _is_owned(service: Service, names: set[str]) -> bool:
    """Tell whether somebody owns *service*, by one of the labels *names* or otherwise, or nobody has to: nothing of ours runs."""
    if service.owner or service.external or service.role in infrastructure_roles():
        return True
    return not service.workloads or any(
        names & {*workload.labels, *workload.own_labels, *workload.annotations}
        for workload in service.workloads
    )
