"""OAuth 2 by the user's password.

## Why is this bad?

The user gives the password to the client. That trains people to type it anywhere, rules out second factors and passkeys, and makes every client
a place from which passwords can be stolen. The OAuth working group forbids it.

## How to fix

Use the authorization code flow for people, and client credentials for machines.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.asyncapi import AsyncSecurityScheme
from archlint.formats.openapi import SecurityScheme


@rule(
    id="oauth-password-flow",
    category="auth",
    severity=Severity.ERROR,
    subject=(SecurityScheme, AsyncSecurityScheme),
    since="0.1.0",
    references=("https://www.rfc-editor.org/rfc/rfc9700#section-2.4",),
    tags=("security",),
    examples=(
        Bad(
            """
            openapi: 3.0.3
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              securitySchemes:
                login:
                  type: oauth2
                  flows:
                    password:  # <- `login` uses the password flow
                      tokenUrl: https://login.example/token
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
                flow: password  # <- `login` uses the password flow
                tokenUrl: https://login.example/token
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
                    password:  # <- `login` uses the password flow
                      tokenUrl: "https://login.example/token"
                      availableScopes: {}
            """,
            "AsyncAPI",
        ),
        Good(
            """
            openapi: 3.0.3
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              securitySchemes:
                login:
                  type: oauth2
                  flows:
                    clientCredentials: {tokenUrl: "https://login.example/token", scopes: {}}
            """
        ),
    ),
)
def oauth_password_flow(scheme: SecurityScheme | AsyncSecurityScheme, context: Context) -> Iterator[Problem]:
    """Report a scheme that declares the resource owner password credentials flow."""
    del context
    if scheme.type == "oauth2" and "password" in scheme.flows:
        at = scheme.flows["password"][1]
        yield Problem(
            f"`{scheme.name}` uses the password flow",
            at,
            help="use the authorization code flow for people, client credentials for machines",
        )
