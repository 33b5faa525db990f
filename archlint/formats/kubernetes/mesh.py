"""Routes of meshes and gateways, one view for all: Istio VirtualService, Gateway API HTTPRoute, Linkerd ServiceProfile.

Durations are milliseconds, retries those beside the first try (catalogued per tool: Istio's `attempts` and Gateway API's are retries).
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from archlint.api import Document, Node, Pointer, PolicyKey, PolicyValue, regex
from archlint.formats.kubernetes.views import Manifest

_DURATION = regex(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?\Z")

ISTIO = "networking.istio.io"
GATEWAY = "gateway.networking.k8s.io"
LINKERD = "linkerd.io"


def milliseconds(value: Any) -> float | None:
    """Return a duration (`1.5s`, `2m`, `500ms`; a bare number is seconds) in milliseconds; `None` when it is none."""
    text = str(value).strip()
    if text.replace(".", "", 1).isdecimal():
        return float(text) * 1_000
    match = _DURATION.match(text)
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds, millis = (float(part or 0) for part in match.groups())
    return hours * 3_600_000 + minutes * 60_000 + seconds * 1_000 + millis


class MeshRoute(Node):
    """A rule that routes HTTP traffic: `tool` is `istio`, `gateway-api` or `linkerd`, `manifest` where it stands."""

    def __init__(
        self, document: Document, pointer: Pointer, data: Any, manifest: Manifest, tool: str
    ) -> None:
        super().__init__(document, pointer, data)
        self.manifest = manifest
        self.tool = tool

    @property
    def name(self) -> str:
        """What users call it: its own name, or that of its resource."""
        own = self.data.get("name")
        return str(own) if isinstance(own, str) and own else self.manifest.name

    @cached_property
    def timeout(self) -> tuple[Any, tuple[str | int, ...]] | None:
        """The total timeout as written and where it stands; `None` when there is none.

        Where the Gateway API's route is not retried, the timeout of its only try is that of the whole.
        """
        keys: tuple[str, ...] = ("timeouts", "request") if self.tool == "gateway-api" else ("timeout",)
        if self.tool == "gateway-api" and self.get(*keys) is None and not self.retry:
            return self.per_try
        value = self.get(*keys)
        return (value, keys) if value is not None else None

    @cached_property
    def retry(self) -> dict[str, Any]:
        """What is said of retries, as written."""
        return self.mapping("retries" if self.tool == "istio" else "retry")

    @property
    def retries(self) -> int | None:
        """The number of retries, `None` where nothing is said."""
        value = self.retry.get("attempts")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @cached_property
    def per_try(self) -> tuple[Any, tuple[str | int, ...]] | None:
        """The timeout of one try as written and where it stands."""
        keys: tuple[str, ...] = (
            ("retries", "perTryTimeout") if self.tool == "istio" else ("timeouts", "backendRequest")
        )
        value = self.get(*keys)
        return (value, keys) if value is not None else None

    @property
    def only_redirects(self) -> bool:
        """Whether it answers by itself and calls nobody: redirects, fixed responses."""
        if self.tool == "istio":
            return (
                "redirect" in self.data
                or "directResponse" in self.data
                or not ("route" in self.data or "delegate" in self.data)
            )
        return self.tool == "gateway-api" and not self.items("backendRefs")

    @property
    def is_delegate(self) -> bool:
        """Whether another resource says what happens."""
        return "delegate" in self.data

    @property
    def streams(self) -> bool:
        """Whether it looks like a route for WebSockets or event streams, which live long on purpose."""
        text = str(self.data).lower()
        return any(
            word in text
            for word in ("websocket", "/ws", "upgrade", "/stream", "event-stream", "/sse", "grpc-web")
        )


def routes(manifest: Manifest) -> Iterator[MeshRoute]:
    """Yield the HTTP routes of *manifest*."""
    table = {
        (ISTIO, "VirtualService"): ("http", "istio"),
        (GATEWAY, "HTTPRoute"): ("rules", "gateway-api"),
        (LINKERD, "ServiceProfile"): ("routes", "linkerd"),
    }
    found = table.get((manifest.group, manifest.kind))
    if found is None:
        return
    key, tool = found
    for index, data in enumerate(manifest.items("spec", key)):
        if isinstance(data, dict):
            pointer = (*manifest.pointer, "spec", key, index)
            yield MeshRoute(manifest.document, pointer, data, manifest, tool)


def put_duration(
    values: dict[PolicyKey, PolicyValue],
    key: PolicyKey,
    node: Node,
    written: tuple[Any, tuple[str | int, ...]] | None,
) -> None:
    """Put a duration as it is written in *node*, with its way there, into *values*, where it is known."""
    found = milliseconds(written[0]) if written is not None else None
    if written is not None and found is not None:
        values[key] = PolicyValue(found, node.at(*written[1]))
