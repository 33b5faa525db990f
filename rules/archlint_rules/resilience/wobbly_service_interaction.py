"""A call without timeout, breaker or queue, where others beside it have them.

## Why is this bad?

When the callee hangs, so does the caller, thread by thread, until it is gone as well. That the calls beside it are protected shows that the team knows;
this one was forgotten.

## How to fix

Give the call a timeout and, where the callee is known to fail, a circuit breaker; or let it go through a queue.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Dependency,
    Good,
    Location,
    Policy,
    Problem,
    Related,
    Service,
    Severity,
    infrastructure_roles,
    rule,
)
from archlint_rules.resilience.clusters import in_clusters, is_of_cluster
from archlint_rules.samples import deployment, mesh_route

_LEAST_CONFIDENCE = 0.8


_TWO = deployment("web", "orders", "stock") + deployment("orders") + deployment("stock")
_MARKED = _TWO.replace(
    '"http://stock"}]', '"http://stock"}]  # <- `web` calls `stock` without a timeout or circuit breaker'
)


@rule(
    id="wobbly-service-interaction",
    category="resilience",
    severity=Severity.WARNING,
    profile="strict",
    subject=Service,
    since="0.1.0",
    references=(
        "https://doi.org/10.1007/s00450-019-00407-8",
        "https://sre.google/sre-book/addressing-cascading-failures/",
    ),
    examples=(
        Bad(_MARKED + mesh_route("orders", "timeout: 2s")),
        Good(_TWO + mesh_route("orders", "timeout: 2s") + mesh_route("stock", "timeout: 1s")),
        Good(
            _TWO + mesh_route("orders", "retries: {attempts: 1, perTryTimeout: 0s}"),
            "no timeout is written anywhere",
        ),
        Good(_TWO, "what libraries do is not visible, so nothing is known of any call"),
        Good(
            _TWO + mesh_route("orders", "retries: {attempts: 1}"),
            "a retry is not protection, and says nothing of the others",
        ),
        Good(
            deployment("web", "orders", "otel-collector")
            + deployment("orders")
            + mesh_route("orders", "timeout: 2s"),
            "telemetry",
        ),
        Good(
            {
                "k8s/shop.yaml": deployment("web", "orders")
                + deployment("orders")
                + mesh_route("orders", "timeout: 2s"),
                "compose.yaml": """
                    services:
                      web:
                        image: shop/web
                        environment: {ORDERS_URL: "http://orders", STOCK_URL: "http://stock"}
                      orders: {image: shop/orders}
                      stock: {image: shop/stock}
                """,
            },
            "the mesh protects nothing in compose",
        ),
    ),
)
def wobbly_service_interaction(service: Service, context: Context) -> Iterator[Problem]:
    """Report the unprotected calls of a service some of whose other calls have a timeout or a breaker."""
    graph = context.graph
    if not service.first_party:
        return
    calls = [edge for edge in graph.outgoing(service) if edge.kind == "calls"]
    written = [edge for edge in calls if any(_protects(policy, defaults=False) for policy in edge.policies)]
    for edge in calls if written else ():
        target = edge.target
        if (
            any(_protects(policy, defaults=True) for policy in edge.policies)
            or not isinstance(target, Service)
            or edge.confidence < _LEAST_CONFIDENCE
        ):
            continue
        if target.role in infrastructure_roles() or target.external or not target.first_party:
            continue
        beside = next((other for other in written if graph.together(edge, other)), None)
        if beside is not None and (at := _called(edge, beside)) is not None:
            yield Problem(
                f"`{service.name}` calls `{target.name}` without a timeout or circuit breaker",
                at,
                help="give the call a timeout, and a breaker where the callee is known to fail",
                related=(Related(f"the call of `{beside.target.name}` has one", _place(beside)),),
                confidence=Confidence.of(edge.confidence),
                identity=("wobbly", edge.id),
            )


def _protects(policy: Policy, *, defaults: bool) -> bool:
    """Tell whether *policy* bounds how long a call lasts or stops calling what fails, by itself or by *defaults* of the tool."""
    bounded = policy.number("timeoutMs", defaults=defaults) or policy.number(
        "perTryTimeoutMs", defaults=defaults
    )
    return bool(bounded) or policy.is_on("circuitBreaker")


def _called(edge: Dependency, beside: Dependency) -> Location | None:
    """Return where the call of *edge* is that what protects *beside* could protect as well; a mesh protects none of a compose project."""
    tools = [policy for policy in beside.policies if _protects(policy, defaults=False)]
    if not all(map(is_of_cluster, tools)):
        return edge.location
    return next((item.at for item in in_clusters(edge)), None)


def _place(edge: Dependency) -> Location:
    return next(
        (
            value.at
            for policy in edge.policies
            for key, value in policy.values.items()
            if key in {"timeoutMs", "perTryTimeoutMs", "circuitBreaker"} and value.at is not None
        ),
        edge.location,
    )
