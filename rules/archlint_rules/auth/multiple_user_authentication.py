"""Users of one system log in in several ways.

## Why is this bad?

Several providers of identities mean several places for passwords, several sessions, and one that nobody patches; and what a user may do is decided
in each of them anew.

## How to fix

Let all public APIs of a system trust one provider (single sign-on), which may itself ask others. Where partners have a way of their own, mark their APIs with
`x-audience: partner`.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Location,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    exposed,
    rule,
)
from archlint_rules.auth.issuers import checked, provider_of, written

_HIDDEN = frozenset(("internal", "partner", "private"))
_SPEC = """
openapi: 3.1.0
info: {{title: {name}, version: 1.0.0{audience}}}
paths: {{/{name}: {{get: {{security: [{{login: []}}], responses: {{"200": {{description: ok}}}}}}}}}}
components: {{securitySchemes: {{login: {scheme}}}}}
"""
_COMPOSE = """
services:
  orders: {build: orders, ports: ["8080:8080"]}
  billing: {build: billing, ports: ["8081:8080"]}
"""


def _login(host: str) -> str:
    return f'{{type: openIdConnect, openIdConnectUrl: "https://{host}/.well-known/openid-configuration"}}'


def _both(scheme: str, *, marker: str = "", audience: str = "") -> dict[str, str]:
    first = _SPEC.format(name="billing", scheme=_login("login.shop.io"), audience="")
    return {
        "compose.yaml": _COMPOSE,
        "billing/openapi.yaml": first,
        "orders/openapi.yaml": _SPEC.format(
            name="orders", scheme=scheme, audience=f", x-audience: {audience}" if audience else ""
        ).rstrip()
        + (f"  # <- {marker}\n" if marker else "\n"),
    }


@rule(
    id="multiple-user-authentication",
    category="auth",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://doi.org/10.1016/j.jss.2022.111393",),
    tags=("security",),
    examples=(
        Bad(
            _both(
                _login("id.other.io"),
                marker="users of `billing` log in with `login.shop.io`, those of `orders` with `id.other.io`",
            )
        ),
        Bad(_both("{type: http, scheme: basic}", marker="those of `orders` with passwords")),
        Good(_both(_login("login.shop.io"))),
        Good(_both("{type: apiKey, in: header, name: X-Key}"), "keys are not for users"),
        Good(_both(_login("id.other.io"), audience="partner"), "partners have a way of their own"),
        Good(_both(_login("id.other.io"), audience="component-internal"), "not for users"),
    ),
)
def multiple_user_authentication(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report, once for a system, public services that have no way to log in in common."""
    del context
    guards = checked(graph)
    public = exposed(graph)
    systems: dict[str, list[tuple[Service, dict[str, Location]]]] = defaultdict(list)
    for service in graph.services:
        hidden = bool(service.workloads) and service.id not in public
        if service.first_party and not hidden and service.visibility not in _HIDDEN:
            ways = {
                provider_of(host, {}) if host else "passwords": at
                for kind, host, at in written(service, hidden=False)
                if kind != "machine"
            }
            for check in guards.get(service.id, []) if not ways else ():
                ways.update({provider_of(min(check.hosts), {}): check.at})
            if ways:
                systems[service.system].append((service, ways))
    for system, services in sorted(systems.items()):
        common = set.intersection(*(set(ways) for _, ways in services))
        if common:
            continue
        first, ways = services[0]
        other, others = next(((s, w) for s, w in services[1:] if not w.keys() & ways.keys()), services[-1])
        one, two = min(ways), min(others.keys() - ways.keys() or others)
        yield Problem(
            f"users of `{first.name}` log in with {_shown(one)}, those of `{other.name}` with {_shown(two)}",
            others[two],
            help="let all public APIs of the system trust one provider",
            related=(Related(f"`{first.name}` says so here", ways[one]),),
            identity=("logins", system),
        )


def _shown(way: str) -> str:
    return way if way == "passwords" else f"`{way}`"
