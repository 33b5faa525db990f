"""A session cookie that scripts, other sites or anybody on the way can use.

## Why is this bad?

Without `Secure` the cookie is sent in the clear, without `HttpOnly` every injected script reads it, without `SameSite` other sites make
requests with it.

## How to fix

Set `Secure`, `HttpOnly` and `SameSite=Lax` (or `Strict`). A cookie that scripts have to read, such as a CSRF token, has no `HttpOnly`.
"""

import re
from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Location, Problem, Severity, regex, rule
from archlint.formats.openapi import Response

_FLAGS = ("Secure", "HttpOnly", "SameSite")
_READABLE = regex(r"csrf|xsrf", re.IGNORECASE)

_SPEC = """
openapi: {version}
info: {{title: Shop, version: 1.0.0}}
paths:
  /login:
    post:
      responses:
        "204":
          description: Logged in
          headers:
            Set-Cookie:
              schema:
                type: string
                example: {example}
"""


def _spec(example: str, version: str = "3.1.0") -> str:
    return _SPEC.format(example=example, version=version)


@rule(
    id="session-cookie-flags-missing",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=Response,
    since="0.1.0",
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html",
        "https://datatracker.ietf.org/doc/draft-ietf-httpbis-rfc6265bis/",
    ),
    applies=lambda response: any(name.lower() == "set-cookie" for name in response.mapping("headers")),
    tags=("security",),
    examples=(
        Bad(
            _spec(
                "session=abc; Path=/; HttpOnly  # <- the cookie `session` has no `Secure` and no `SameSite`"
            )
        ),
        Bad(_spec("sid=1; Secure; SameSite=Lax  # <- the cookie `sid` has no `HttpOnly`", "3.0.3")),
        Good(_spec("session=abc; Path=/; Secure; HttpOnly; SameSite=Lax")),
        Good(_spec("XSRF-TOKEN=abc; Secure; SameSite=Strict"), "scripts send it back in a header"),
        Good(_spec("session=; Max-Age=0"), "a cookie that is taken away"),
    ),
)
def session_cookie_flags_missing(response: Response, context: Context) -> Iterator[Problem]:
    """Report examples of `Set-Cookie` without its three guards."""
    del context
    for name in response.mapping("headers"):
        found = response.target("headers", name)
        if name.lower() != "set-cookie" or found is None or not isinstance(found[2], dict):
            continue
        document, pointer, data = found
        for keys, text in _examples(data):
            yield from _check(text, document.at((*pointer, *keys)))


def _examples(data: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    schema = data.get("schema")
    places: list[tuple[tuple[str | int, ...], Any]] = [(("example",), data.get("example"))]
    if isinstance(schema, dict):
        places.append((("schema", "example"), schema.get("example")))
        listed = schema.get("examples")
        places.extend(
            (("schema", "examples", index), one)
            for index, one in enumerate(listed if isinstance(listed, list) else ())
        )
    named = data.get("examples")
    for key, one in named.items() if isinstance(named, dict) else ():
        places.append((("examples", key, "value"), one.get("value") if isinstance(one, dict) else None))
    yield from ((keys, value) for keys, value in places if isinstance(value, str) and "=" in value)


def _check(text: str, at: Location) -> Iterator[Problem]:
    name, _, rest = text.partition("=")
    value, *attributes = rest.split(";")
    written = {attribute.partition("=")[0].strip().lower() for attribute in attributes}
    if not value.strip() or "max-age=0" in rest.lower().replace(" ", ""):
        return
    missing = [
        flag
        for flag in _FLAGS
        if flag.lower() not in written and not (flag == "HttpOnly" and _READABLE.search(name))
    ]
    if missing:
        yield Problem(
            f"the cookie `{name.strip()}` has {' and '.join(f'no `{flag}`' for flag in missing)}",
            at,
            help="set `Secure`, `HttpOnly` and `SameSite`",
        )
