"""An operation that anybody may call.

## Why is this bad?

Whatever the operation reads or changes is open to the whole network. Often nobody decided so: the requirement was forgotten, or an empty one
was left over from a test.

## How to fix

Require a scheme for the whole API in `security`, and lift it only where it must be. Where a gateway authenticates, declare its scheme all the
same: clients need to know it.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation
from archlint.formats.openapi.understanding import is_public_by_nature, is_safe

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0{info}}}
{security}
paths:
  {path}:
    {method}:{marker}
      {own}
      responses: {{"200": {{description: ok}}}}
  /items:
    get:
      security: [{{key: []}}]
      responses: {{"200": {{description: ok}}}}
components:
  securitySchemes: {{key: {{type: http, scheme: bearer}}}}
"""


def _spec(
    method: str = "get",
    marker: str = "",
    own: str = "summary: a",
    path: str = "/orders",
    security: str = "tags: []",
    info: str = "",
) -> str:
    return _SPEC.format(method=method, marker=marker, own=own, path=path, security=security, info=info)


@rule(
    id="operation-unauthenticated",
    category="auth",
    severity=Severity.WARNING,
    subject=Operation,
    since="0.1.0",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/",
        "https://opensource.zalando.com/restful-api-guidelines/#104",
    ),
    applies=lambda operation: operation.method != "OPTIONS" and not is_public_by_nature(operation),
    aggregate=True,
    tags=("security",),
    examples=(
        Bad(_spec(marker="  # <- `GET /orders` can be called by anybody")),
        Bad(
            _spec(
                "post",
                marker="  # <- `POST /orders` can be called by anybody",
                own="security: []",
                security="security: [{key: []}]",
            )
        ),
        Bad(
            _spec(
                marker="  # <- `GET /orders` can be called without credentials",
                own="security: [{}, {key: []}]",
            )
        ),
        Good(_spec(security="security: [{key: []}]")),
        Good(_spec("post", path="/login"), "logging in comes before having logged in"),
        Good(
            _spec("post", path="/users", own="description: Register a new user"),
            "so does signing up, by its words",
        ),
        Good(_spec(path="/health"), "health checks"),
        Good(_spec("options", path="/files"), "browsers ask for CORS without credentials"),
        Good(
            _spec(
                own='description: "This URL does not\\nrequire any form of authentication."', path="/archives"
            ),
            "documented as open",
        ),
        Good(_spec(path="/.well-known/jwks.json"), "discovery"),
        Good(_spec("post", path="/webhooks/stripe"), "receivers of webhooks check signatures"),
        Good(
            """
            openapi: 3.1.0
            info: {title: Maps, version: 1.0.0}
            paths:
              /maps:
                get: {responses: {"200": {description: ok}}}
                head: {responses: {"200": {description: ok}}}
            """,
            "an API that reads only and names no scheme at all may be open data",
        ),
    ),
)
def operation_unauthenticated(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report an operation without an effective security requirement, or with an empty one among its alternatives."""
    del context
    root = operation.root
    if operation.security and all(operation.security):
        return
    if not root.schemes and all(is_safe(other) for other in root.operations):
        return
    optional = bool(operation.security)
    what = "without credentials" if optional else "by anybody"
    grave = not root.schemes or is_safe(operation) or optional
    severity = (
        Severity.INFO
        if root.is_internal or (optional and is_safe(operation))
        else Severity.WARNING
        if grave
        else Severity.ERROR
    )
    yield Problem(
        f"`{operation.name}` can be called {what}",
        operation.key,
        help="require a security scheme, for the whole API or for this operation",
        severity=severity,
    )
