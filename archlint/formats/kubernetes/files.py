"""Configuration files inside ConfigMaps, as flat settings."""

import tomllib
from collections.abc import Iterator
from typing import Any

from archlint.api import Source, parse, regex

_MOST_ENTRIES = 2_000
_MOST_TEXT = 200_000
_PASS = regex(
    r"(?m)^[^#\n]*?\b(?:proxy|grpc|fastcgi|uwsgi|scgi|memcached)_pass\s+[\"']?(?P<address>[^\s;\"'$]+)[\"']?\s*;"
)
_UPSTREAM = regex(r"\bupstream\s+(?P<name>[\w.-]+)\s*\{(?P<body>[^{}]*)\}")
_SERVER = regex(r"(?m)(?:^|;)\s*server\s+(?P<address>[^\s;$]+)[^;#\n]*;")
NGINX = "nginx.server"
"""The key of what nginx passes requests on to."""


def flatten(name: str, text: str) -> Iterator[tuple[str, Any]]:
    """Yield the settings in the file *name* as (dotted key, value): YAML, JSON, TOML, properties, dotenv, nginx."""
    ending = name.rpartition(".")[2].lower()
    if ending in {"yml", "yaml", "json"}:
        for document in parse(Source(name, text.encode("utf-8", "surrogatepass"))).documents:
            yield from _leaves(document.data)
    elif ending == "toml":
        yield from _leaves(_toml(text))
    elif "_pass" in text and (addresses := list(_passed_to(text))):
        yield from ((NGINX, address) for address in addresses)
    elif ending in {"properties", "env", "conf", "ini", "cfg"} or _is_assignments(text):
        yield from assignments(text)


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text) if len(text) <= _MOST_TEXT else {}
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _passed_to(text: str) -> Iterator[str]:
    """Yield where the nginx configuration *text* passes requests on to, the servers of its upstreams for their names."""
    if len(text) > _MOST_TEXT:
        return
    names = set()
    for upstream in _UPSTREAM.finditer(text):
        names.add(upstream["name"])
        for server in _SERVER.finditer(upstream["body"]):
            yield server["address"]
    for match in _PASS.finditer(text):
        host = match["address"].rpartition("://")[2].partition("/")[0].partition(":")[0]
        if host not in names and host != "unix":
            yield match["address"]


def assignments(text: str) -> Iterator[tuple[str, str]]:
    """Yield key and value of the lines of *text* that assign one (`key=value`, `key: value`)."""
    for line in text.splitlines()[:_MOST_ENTRIES]:
        bare = line.strip()
        if not bare or bare[0] in "#!;[":
            continue
        cuts = [position for position in (bare.find("="), bare.find(":")) if position > 0]
        if cuts:
            cut = min(cuts)
            yield bare[:cut].strip().removeprefix("export "), bare[cut + 1 :].strip().strip("\"'")


def _is_assignments(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip() and line.strip()[0] not in "#!;["]
    return bool(lines) and all("=" in line and " " not in line.split("=")[0].strip() for line in lines)


def _leaves(root: Any) -> Iterator[tuple[str, Any]]:
    pending: list[tuple[str, Any]] = [("", root)]
    count = 0
    while pending and count < _MOST_ENTRIES:
        path, value = pending.pop()
        count += 1
        if isinstance(value, dict):
            pending.extend((f"{path}.{key}" if path else key, item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend((f"{path}[{index}]", item) for index, item in enumerate(value))
        elif path:
            yield path, value
