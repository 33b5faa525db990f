"""Changes that another site can make in a user's name.

## Why is this bad?

Browsers add cookies to every request, whichever site made it. A page elsewhere can post a form to the API, and it is the user who did it.

## How to fix

Set the cookie with `SameSite=Lax` or `Strict` and say so in the scheme's description, or require a CSRF token in a header.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, Severity, regex, rule
from archlint.formats.openapi import SAFE, OpenAPI, Operation, SecurityScheme

_GUARD = regex(r"csrf|xsrf|same-?site", re.IGNORECASE)
_SHOWN = 5

_SPEC = """
openapi: 3.1.0
info: {{title: Shop, version: 1.0.0}}
security: [{security}]
paths:
  /orders:
    {method}:
      parameters: [{parameter}]
      responses: {{"200": {{description: ok}}}}
components:
  securitySchemes:
    session:{marker}
      type: apiKey
      in: cookie
      name: sid
      description: {description}
    token: {{type: http, scheme: bearer}}
"""


def _spec(
    *,
    method: str = "post",
    parameter: str = "",
    security: str = "{session: []}",
    description: str = "A session",
    marker: str = "",
) -> str:
    return _SPEC.format(
        method=method, parameter=parameter, security=security, description=description, marker=marker
    )


@rule(
    id="cookie-auth-without-csrf",
    category="security",
    severity=Severity.WARNING,
    profile="strict",
    subject=OpenAPI,
    since="0.1.0",
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html",
    ),
    examples=(
        Bad(
            _spec(
                marker="  # <- 1 operation changes data by the cookie `session` alone, without a guard against other sites"
            )
        ),
        Good(_spec(method="get"), "reading"),
        Good(
            _spec(parameter="{name: X-CSRF-Token, in: header, schema: {type: string}}"), "a token in a header"
        ),
        Good(_spec(description="Sent with SameSite=Lax"), "other sites cannot send it"),
        Good(_spec(security="{session: [], token: []}"), "a token that browsers do not add by themselves"),
    ),
)
def cookie_auth_without_csrf(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report once per description the unsafe operations that a cookie alone opens, where nothing speaks of CSRF."""
    del context
    cookies = {
        name: scheme
        for name, scheme in api.schemes.items()
        if scheme.type == "apiKey" and scheme.get("in") == "cookie"
    }
    if not cookies:
        return
    said = " ".join(
        [
            *(scheme.description for scheme in cookies.values()),
            str(api.get("info", "description", default="")),
        ]
    )
    if _GUARD.search(said):
        return
    opened = [operation for operation in api.operations if _opened(operation, cookies)]
    if opened:
        name = next(name for requirement in opened[0].security for name in requirement)
        yield Problem(
            f"{len(opened)} operation{'s change' if len(opened) > 1 else ' changes'} data by the cookie `{name}` alone, without a guard against other sites",
            cookies[name].document.at(cookies[name].pointer, on_key=True),
            help="set `SameSite`, or require a CSRF token in a header; and say so",
            related=tuple(Related(f"`{operation.name}`", operation.key) for operation in opened[:_SHOWN]),
        )


def _opened(operation: Operation, cookies: dict[str, SecurityScheme]) -> bool:
    if operation.method in SAFE or not operation.security:
        return False
    if any(
        _GUARD.search(parameter.name) for parameter in operation.parameters if parameter.place == "header"
    ):
        return False
    return any(requirement and requirement.keys() <= cookies.keys() for requirement in operation.security)
