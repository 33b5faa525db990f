"""A server that is spoken to in the clear.

## Why is this bad?

Everybody on the way reads and changes what is sent: tokens, names, amounts. Redirecting to HTTPS afterwards is too late, the first
request has been seen.

## How to fix

Offer the API by `https` (or the broker by its TLS protocol) only.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from archlint.api import (
    Applicability,
    Bad,
    Context,
    Edit,
    Fix,
    Good,
    Location,
    Problem,
    Severity,
    reach_of,
    rule,
)
from archlint.formats.asyncapi import Server
from archlint.formats.openapi import OpenAPI
from archlint.formats.openapi.base import server_urls

_PLAIN = {"http": "https", "mqtt": "secure-mqtt", "amqp": "amqps", "kafka": "kafka-secure", "stomp": "stomps"}
_REHEARSAL = ("mock", "local", "sandbox", "test", "dev", "example server", "staging")

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
servers:
  - url: {url}
    {extra}
paths: {{}}
"""


def _spec(url: str, extra: str = "x-none: true") -> str:
    return _SPEC.format(url=url, extra=extra)


@rule(
    id="server-url-not-https",
    category="security",
    severity=Severity.ERROR,
    subject=(OpenAPI, Server),
    since="0.1.0",
    references=(
        "https://opensource.zalando.com/restful-api-guidelines/#104",
        "https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/",
    ),
    examples=(
        Bad(_spec("http://api.example.com/v1  # <- `http://api.example.com/v1` is spoken to in the clear")),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            host: api.example.com
            schemes:
              - https
              - http  # <- `api.example.com` is offered in the clear
            paths: {}
            """,
            "Swagger 2.0",
        ),
        Bad(
            """
            asyncapi: 3.0.0
            info: {title: Orders, version: 1.0.0}
            servers:
              production:
                host: broker.example.com:5672
                protocol: amqp  # <- `production` is spoken to by `amqp`, in the clear
            """,
            "AsyncAPI",
        ),
        Good(_spec("https://api.example.com/v1")),
        Good(_spec("http://localhost:8080"), "a developer's own machine"),
        Good(_spec("http://orders.shop.svc.cluster.local"), "inside the cluster, behind a mesh"),
        Good(_spec("http://mock.example.com", "description: Mock server"), "a mock"),
        Good(
            _spec(
                '"{scheme}://api.example.com"', "variables: {scheme: {default: https, enum: [http, https]}}"
            ),
            "the user's choice",
        ),
        Good(_spec("/v1"), "relative to where the description is served"),
        Good(
            """
            asyncapi: 2.6.0
            info: {title: Orders, version: 1.0.0}
            servers: {production: {url: "broker.example.com:9093", protocol: kafka-secure}}
            channels: {}
            """
        ),
    ),
)
def server_url_not_https(subject: OpenAPI | Server, context: Context) -> Iterator[Problem]:
    """Report servers of cleartext protocols whose host is neither this machine nor inside the cluster."""
    del context
    if isinstance(subject, Server):
        yield from _broker(subject)
    elif subject.is_swagger:
        yield from _schemes(subject)
    else:
        places = [(index, url, at) for index, (url, at) in enumerate(server_urls(subject))]
        for index, url, at in places:
            said = str(subject.get("servers", index, "description", default="")).lower()
            if url.startswith("http:") and not any(word in said for word in _REHEARSAL):
                yield from _url(url, at)
        for node in (*subject.paths, *subject.operations):
            for url, at in server_urls(node):
                if url.startswith("http:"):
                    yield from _url(url, at)


def _url(url: str, at: Location) -> Iterator[Problem]:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return
    if reach_of(host) == "public":
        yield Problem(
            f"`{url}` is spoken to in the clear",
            at,
            help="use `https`",
            fix=Fix("use `https`", (Edit("set", at, "https" + url[4:]),), Applicability.UNSAFE),
        )


def _schemes(api: OpenAPI) -> Iterator[Problem]:
    host, schemes = api.get("host"), api.items("schemes")
    if not isinstance(host, str) or "http" not in schemes or reach_of(host.partition(":")[0]) != "public":
        return
    yield Problem(
        f"`{host}` is offered in the clear",
        api.at("schemes", schemes.index("http")),
        help="leave `http` out of `schemes`",
        severity=Severity.WARNING if "https" in schemes else None,
    )


def _broker(server: Server) -> Iterator[Problem]:
    text = server.host
    host = text.rpartition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    said = f"{server.name} {server.get('description', default='')}".lower()
    if (
        server.protocol not in _PLAIN
        or reach_of(host) != "public"
        or any(word in said for word in _REHEARSAL)
    ):
        return
    yield Problem(
        f"`{server.name}` is spoken to by `{server.protocol}`, in the clear",
        server.at("protocol"),
        help=f"use `{_PLAIN[server.protocol]}`",
    )
