"""Where a host is: on this machine, inside a private network, or anywhere."""

import ipaddress
from typing import Literal

type Reach = Literal["local", "inside", "public", ""]

_LOCAL = frozenset(("localhost", "host.docker.internal", "0.0.0.0", "127.0.0.1", "::1"))  # noqa: S104
_QUALIFIED = 2
_INSIDE = (
    ".svc",
    ".svc.cluster.local",
    ".internal",
    ".local",
    ".lan",
    ".intranet",
    ".corp",
    ".test",
    ".cluster.local",
)


def scope_of(host: str, scope: str) -> str:
    """Return the scope in which *host* is looked for by a workload of *scope*: the namespace that it names, or the same."""
    parts = host.lower().removesuffix(".cluster.local").removesuffix(".svc").split(".")
    return f"k8s:{parts[1]}" if len(parts) == _QUALIFIED else scope


def reach_of(host: str) -> Reach:
    """Tell where *host* is: on this machine, inside (a single name, a private zone or address), or public; empty for no host.

    Names that hold a template are inside: nobody knows what they become.
    """
    name = host.strip("[]").rstrip(".").lower()
    if not name:
        return ""
    if name in _LOCAL or name.endswith(".localhost"):
        return "local"
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        inside = name.endswith(_INSIDE) or "." not in name or any(sign in name for sign in "{}$<>")
        return "inside" if inside else "public"
    if address.is_loopback or address.is_unspecified:
        return "local"
    return "inside" if address.is_private or address.is_link_local else "public"
