"""How callers of an API prove who they are, in a form that can be compared with that of other APIs and of gateways."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from archlint.api import Location
from archlint.formats.openapi.content import SecurityScheme
from archlint.formats.openapi.views import OpenAPI

_FLOWS = ("authorizationCode", "implicit", "password", "deviceAuthorization", "clientCredentials")
_URLS = ("authorizationUrl", "deviceAuthorizationUrl", "tokenUrl")


def authentication_of(api: OpenAPI) -> Iterator[tuple[str, Location]]:
    """Yield what the operations of *api* ask for: `user HOST` and `machine HOST` for who issues the tokens, `basic` for passwords."""
    used = {name for operation in api.operations for need in operation.security for name in need}
    for name, scheme in api.schemes.items():
        if name in used:
            yield from _ways(scheme)


def is_for_partners(api: OpenAPI) -> bool:
    """Tell whether *api* is marked as one for partners (`x-audience: external-partner`), who have ways of their own to log in."""
    mark = api.get("info", "x-audience", default=api.get("x-audience"))
    return isinstance(mark, str) and "partner" in mark.lower()


def host_of(url: object) -> str:
    """Return the host of an absolute *url*, or an empty string where it is not known."""
    if not isinstance(url, str) or "{" in url or "$" in url:
        return ""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _ways(scheme: SecurityScheme) -> Iterator[tuple[str, Location]]:
    if scheme.type == "openIdConnect":
        host = host_of(scheme.get("openIdConnectUrl"))
        if host:
            yield f"user {host}", scheme.at("openIdConnectUrl")
    elif scheme.type == "oauth2":
        for flow in _FLOWS:
            data, at = scheme.flows.get(flow, ({}, scheme.location))
            for host in dict.fromkeys(host for key in _URLS if (host := host_of(data.get(key)))):
                yield f"{'machine' if flow == 'clientCredentials' else 'user'} {host}", at
    elif scheme.type == "http" and str(scheme.get("scheme", default="basic")).lower() == "basic":
        yield "basic", scheme.location
