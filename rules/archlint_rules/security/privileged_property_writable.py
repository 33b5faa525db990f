"""A property that callers can give themselves.

## Why is this bad?

What is in the schema is bound to the record. Whoever signs up with `"isAdmin": true` is an administrator; whoever updates their profile sets
their balance.

## How to fix

Mark the property `readOnly`, or use a schema of its own for what callers may write.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import OpenAPI, Operation, Schema
from archlint.formats.openapi.errors import is_oauth
from archlint.formats.openapi.words import PEOPLE, SELF_SERVICE, bare, words

_STRONG = frozenset((
    "isadmin", "admin", "issuperuser", "superuser", "isstaff", "isroot", "isverified", "verified", "emailverified", "isemailverified", "balance", "accountbalance",
    "creditbalance", "credits", "isapproved", "kycverified", "ispremium",
))  # fmt: skip
_ON_ONESELF = frozenset(
    (
        "role",
        "roles",
        "permissions",
        "permission",
        "scopes",
        "privileges",
        "ownerid",
        "usertype",
        "accesslevel",
    )
)
_ADMINISTRATION = frozenset(
    (
        "admin",
        "admins",
        "administration",
        "internal",
        "management",
        "manage",
        "scim",
        "scim2",
        "role",
        "roles",
        "permissions",
        "invite",
        "invitations",
        "members",
    )
)

_SPEC = """
openapi: 3.1.0
info: {{title: Shop, version: 1.0.0}}
paths:
  {path}:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                email: {{type: string}}
                {name}: {schema}
      responses: {{"201": {{description: ok}}}}
"""


def _spec(name: str, schema: str = "{type: boolean}", path: str = "/users") -> str:
    return _SPEC.format(name=name, schema=schema, path=path)


@rule(
    id="privileged-property-writable",
    category="security",
    severity=Severity.WARNING,
    profile="strict",
    subject=OpenAPI,
    since="0.1.0",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",
    ),
    examples=(
        Bad(_spec("isAdmin", "{type: boolean}  # <- callers of `POST /users` can set `isAdmin`")),
        Bad(_spec("role", "{type: string}  # <- callers of `POST /signup` can set `role`", "/signup")),
        Bad(
            """
            swagger: "2.0"
            info: {title: Shop, version: 1.0.0}
            paths:
              /account:
                put:
                  parameters:
                    - name: account
                      in: body
                      schema:
                        type: object
                        properties:
                          balance: {type: number}  # <- callers of `PUT /account` can set `balance`
                  responses: {"200": {description: ok}}
            """,
            "Swagger 2.0",
        ),
        Good(_spec("isAdmin", "{type: boolean, readOnly: true}")),
        Good(_spec("isAdmin", path="/admin/users"), "an API of administrators"),
        Good(_spec("role", "{type: string}", "/teams/{id}/members"), "to give roles is what it is for"),
        Good(_spec("balance", "{type: number}", "/invoices"), "the balance of a document"),
        Good(
            _spec("scopes", "{type: array, items: {type: string}}", "/oauth2/register"),
            "clients ask for scopes (RFC 7591)",
        ),
    ),
)
def privileged_property_writable(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report writable privileges in the bodies of operations on people and accounts."""
    del context
    seen: set[Schema] = set()
    for operation in api.operations:
        if operation.method not in {"POST", "PUT", "PATCH"} or operation.body is None or is_oauth(operation):
            continue
        names = _names(operation)
        if not names:
            continue
        for schema in operation.body.schemas:
            for part in schema.parts:
                for name in part.mapping("properties"):
                    found = Schema.at_node(part, "properties", name)
                    if (
                        found is None
                        or bare(name) not in names
                        or found.is_object
                        or found.keyword("readOnly") is True
                    ):
                        continue
                    key = Schema(part.document, (*part.pointer, "properties", name), found.data)
                    if key not in seen:
                        seen.add(key)
                        yield Problem(
                            f"callers of `{operation.name}` can set `{name}`",
                            part.at("properties", name, on_key=True),
                            help="mark it `readOnly`, or write to a schema without it",
                        )


def _names(operation: Operation) -> frozenset[str]:
    """Return the names that are privileges in the body of *operation*; none for administration and other things than people."""
    said = {word for text in (operation.path, operation.id, *operation.tags) for word in words(text)}
    if said & _ADMINISTRATION:
        return frozenset()
    statics = [part for part in operation.path.split("/") if part and "{" not in part]
    last = bare(statics[-1]) if statics else ""
    if last in SELF_SERVICE:
        return _STRONG | _ON_ONESELF
    return _STRONG if last in PEOPLE else frozenset()
