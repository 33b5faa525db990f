"""A requirement that names a scope or a scheme that is not defined.

## Why is this bad?

Nobody can ask for a scope that the authorization server does not know: the operation cannot be called, or is checked against something else
than what is documented. A requirement of an unknown scheme is ignored by most tools, and the operation looks open.

## How to fix

Define the scope in the scheme's flows, or correct the name.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from archlint.api import Bad, Context, Good, Node, Problem, Related, Severity, rule
from archlint.formats.openapi import OpenAPI, SecurityScheme

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
security:
  - {requirement}
paths:
  /orders:
    get: {{responses: {{"200": {{description: ok}}}}}}
components:
  securitySchemes:
    login:
      type: {type}
      {rest}
"""
_FLOWS = "flows: {clientCredentials: {tokenUrl: 'https://a.example/token', scopes: {read: Read}}}"


def _spec(requirement: str, kind: str = "oauth2", rest: str = _FLOWS) -> str:
    return _SPEC.format(requirement=requirement, type=kind, rest=rest)


@rule(
    id="oauth-scope-undefined",
    category="auth",
    severity=Severity.ERROR,
    subject=OpenAPI,
    since="0.1.0",
    references=("https://spec.openapis.org/oas/v3.1.1.html#security-requirement-object",),
    tags=("security",),
    examples=(
        Bad(_spec("login: [write]  # <- the scope `write` is not defined by `login`")),
        Bad(_spec("logn: []  # <- there is no security scheme `logn`")),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  security:
                    - login: [admin]  # <- the scope `admin` is not defined by `login`
                  responses: {"200": {description: ok}}
            securityDefinitions:
              login: {type: oauth2, flow: application, tokenUrl: "https://a.example/token", scopes: {read: Read}}
            """,
            "Swagger 2.0",
        ),
        Good(_spec("login: [read]")),
        Good(
            _spec(
                "login: [anything]",
                "openIdConnect",
                "openIdConnectUrl: https://a.example/.well-known/openid-configuration",
            ),
            "scopes of OpenID Connect are discovered",
        ),
        Good(
            """
            openapi: 3.0.3
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  security: [{login: [read]}]
                  responses: {"200": {description: ok}}
            components:
              securitySchemes:
                login: {$ref: "../shared/common.yaml#/components/securitySchemes/login"}
            """,
            "a scheme that stands in a file that is not here",
        ),
        Good(
            _spec("login: [admin]", "http", "scheme: bearer"),
            "roles of other schemes (OpenAPI 3.1) are not enumerated",
        ),
    ),
)
def oauth_scope_undefined(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report names in security requirements that no scheme defines, each once with all the places that use it."""
    del context
    elsewhere = api.mapping("components", "securitySchemes").keys() - api.schemes.keys()
    told: dict[tuple[str, str], list[tuple[Node, tuple[str | int, ...]]]] = {}
    for node in (api, *api.operations):
        requirements = node.get("security")
        for index, requirement in enumerate(requirements if isinstance(requirements, list) else ()):
            if isinstance(requirement, dict):
                for name, scopes in requirement.items():
                    if name in elsewhere:
                        continue
                    for scope, keys in _undefined(api.schemes, name, scopes):
                        told.setdefault((name, scope), []).append((node, ("security", index, name, *keys)))
    for (name, scope), places in told.items():
        node, keys = places[0]
        near = get_close_matches(scope or name, _known(api.schemes, name, scope=scope), 1)
        message = (
            f"the scope `{scope}` is not defined by `{name}`"
            if scope
            else f"there is no security scheme `{name}`"
        )
        yield Problem(
            message,
            node.at(*keys, on_key=not scope),
            help=f"did you mean `{near[0]}`?" if near else "define it, or correct the name",
            related=tuple(Related("required here as well", other.at(*more)) for other, more in places[1:]),
        )


def _undefined(
    schemes: dict[str, SecurityScheme], name: str, scopes: Any
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    scheme = schemes.get(name)
    if scheme is None:
        yield "", ()
        return
    flows = scheme.flows.values()
    if scheme.type != "oauth2" or not flows or not isinstance(scopes, list):
        return
    defined = {scope for flow, _ in flows for scope in _scopes(flow)}
    for index, scope in enumerate(scopes):
        if isinstance(scope, str) and scope not in defined:
            yield scope, (index,)


def _known(schemes: dict[str, SecurityScheme], name: str, *, scope: str) -> list[str]:
    if not scope:
        return list(schemes)
    return [str(item) for flow, _ in schemes[name].flows.values() for item in _scopes(flow)]


def _scopes(flow: dict[str, Any]) -> dict[str, Any]:
    scopes = flow.get("scopes")
    return scopes if isinstance(scopes, dict) else {}
