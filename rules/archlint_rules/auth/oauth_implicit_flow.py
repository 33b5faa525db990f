"""OAuth 2 by the implicit flow.

## Why is this bad?

The access token comes back in the URL: it stands in browser histories, logs and `Referer` headers, cannot be bound to the client, and can be
injected. The OAuth working group says not to use it any more.

## How to fix

Use the authorization code flow with PKCE, for single-page applications as well.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.asyncapi import AsyncSecurityScheme
from archlint.formats.openapi import SecurityScheme


@rule(
    id="oauth-implicit-flow",
    category="auth",
    severity=Severity.ERROR,
    subject=(SecurityScheme, AsyncSecurityScheme),
    since="0.1.0",
    references=("https://www.rfc-editor.org/rfc/rfc9700#section-2.1.2",),
    tags=("security",),
    examples=(
        Bad(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              securitySchemes:
                login:
                  type: oauth2
                  flows:
                    implicit:  # <- `login` uses the implicit flow
                      authorizationUrl: https://login.example/authorize
                      scopes: {}
            """
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths: {}
            securityDefinitions:
              login:
                type: oauth2
                flow: implicit  # <- `login` uses the implicit flow
                authorizationUrl: https://login.example/authorize
                scopes: {}
            """,
            "Swagger 2.0",
        ),
        Bad(
            """
            asyncapi: 3.0.0
            info: {title: orders, version: 1.0.0}
            components:
              securitySchemes:
                login:
                  type: oauth2
                  flows:
                    implicit:  # <- `login` uses the implicit flow
                      authorizationUrl: "https://login.example/authorize"
                      availableScopes: {}
            """,
            "AsyncAPI",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              securitySchemes:
                login:
                  type: oauth2
                  flows:
                    authorizationCode:
                      authorizationUrl: https://login.example/authorize
                      tokenUrl: https://login.example/token
                      scopes: {}
            """
        ),
    ),
)
def oauth_implicit_flow(scheme: SecurityScheme | AsyncSecurityScheme, context: Context) -> Iterator[Problem]:
    """Report a scheme that declares the implicit flow."""
    del context
    if scheme.type == "oauth2" and "implicit" in scheme.flows:
        at = scheme.flows["implicit"][1]
        yield Problem(
            f"`{scheme.name}` uses the implicit flow", at, help="use the authorization code flow with PKCE"
        )
