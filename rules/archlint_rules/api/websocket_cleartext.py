"""A WebSocket that is opened in the clear.

## Why is this bad?

Whoever is on the way reads every message and can add their own, for as long as the connection lives; many proxies break cleartext
WebSockets besides.

## How to fix

Use `wss`, and terminate TLS where the HTTP endpoints do.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Document, Good, Location, Problem, Severity, reach_of, regex, rule
from archlint.formats import compose, kubernetes
from archlint.formats.asyncapi import Server
from archlint.formats.openapi import OpenAPI

_URL = regex(r"\bws://(?:[^\s/@]*@)?(?P<host>\[[^\]]*\]|[^\s/:?#,;\"']+)")

_ASYNC = """
asyncapi: {version}
info: {{title: Prices, version: 1.0.0}}
servers:
  public:
    {server}
"""


@rule(
    id="websocket-cleartext",
    category="api",
    severity=Severity.ERROR,
    subject=(OpenAPI, Server, Document),
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc6455#section-10.6",
        "https://cheatsheetseries.owasp.org/cheatsheets/WebSocket_Security_Cheat_Sheet.html",
    ),
    tags=("security",),
    examples=(
        Bad(
            _ASYNC.format(
                version="3.0.0",
                server="host: prices.example.com\n    protocol: ws  # <- `public` opens WebSockets in the clear",
            )
        ),
        Bad(
            _ASYNC.format(
                version="2.6.0",
                server="protocol: ws\n    url: ws://prices.example.com/live  # <- `public` opens WebSockets in the clear",
            )
        ),
        Bad(
            """
            openapi: 3.1.0
            info: {title: Prices, version: 1.0.0}
            servers:
              - url: ws://prices.example.com/live  # <- `ws://prices.example.com` opens WebSockets in the clear
            paths: {}
            """
        ),
        Bad(
            """
            services:
              shop:
                image: shop/web
                environment:
                  PRICES_URL: ws://prices.example.com/live  # <- `PRICES_URL` of `shop` opens WebSockets to `prices.example.com` in the clear
            """
        ),
        Good(_ASYNC.format(version="3.0.0", server="host: prices.example.com\n    protocol: wss")),
        Good(
            _ASYNC.format(version="2.6.0", server="url: ws://localhost:3000\n    protocol: ws"),
            "a developer's own machine",
        ),
        Good(
            """
            services:
              shop: {image: shop/web, environment: {PRICES_URL: "ws://prices:8080/live"}}
              prices: {image: shop/prices}
            """,
            "inside the project",
        ),
    ),
)
def websocket_cleartext(subject: OpenAPI | Server | Document, context: Context) -> Iterator[Problem]:
    """Report `ws://` to public hosts: in servers of contracts, and in settings of workloads."""
    del context
    if isinstance(subject, Server):
        text = subject.host if "://" in subject.host else f"ws://{subject.host}"
        key = "url" if "url" in subject.data else "host"
        match = _URL.match(text) if subject.protocol in {"ws", ""} else None
        if match is not None and reach_of(match["host"]) == "public":
            yield _problem(f"`{subject.name}`", subject.at("protocol" if "://" not in subject.host else key))
    elif isinstance(subject, OpenAPI):
        for url, at in subject.servers:
            match = _URL.match(url)
            if match is not None and reach_of(match["host"]) == "public":
                yield _problem(f"`{match.group()}`", at)
    else:
        yield from _settings(subject)


def _problem(who: str, at: Location, whereto: str = "") -> Problem:
    return Problem(f"{who} opens WebSockets{whereto} in the clear", at, help="use `wss`")


def _settings(document: Document) -> Iterator[Problem]:
    if document.format == "kubernetes":
        settings = kubernetes.settings_in(document)
    elif document.format == "compose" and (project := compose.project_of(document)) is not None:
        settings = compose.settings_in(project)
    else:
        return
    seen = set()
    for setting, owner in settings:
        match = _URL.search(setting.value) if setting.value else None
        if match is not None and reach_of(match["host"]) == "public" and setting.at.node not in seen:
            seen.add(setting.at.node)
            name = f"`{setting.key}` of `{owner}`" if setting.key else f"an argument of `{owner}`"
            yield _problem(name, setting.at, f" to `{match['host']}`")
