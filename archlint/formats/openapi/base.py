"""The base of the views of a description, and what they share."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archlint.api import Document, Location, Node, Pointer, follow

if TYPE_CHECKING:
    from archlint.formats.openapi.views import OpenAPI

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The fixed fields of a Path Item Object that hold operations, in the order of the specification."""

SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "QUERY"))
IDEMPOTENT = SAFE | {"PUT", "DELETE"}


class View(Node):
    """A node of a description, with the description it is seen from."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: "OpenAPI") -> None:
        super().__init__(document, pointer, data)
        self.root = root

    @property
    def description(self) -> str:
        """The `description` and `summary`, or an empty string."""
        return " ".join(
            str(self.get(key)) for key in ("summary", "description") if isinstance(self.get(key), str)
        )

    def flag(self, name: str) -> Any:
        """Return the extension *name* (`x-…`) of this node or of the description, or `None`."""
        value = self.get(name)
        return value if value is not None else self.root.get(name, default=self.root.get("info", name))

    def target(self, *keys: str | int) -> tuple[Document, Pointer, Any] | None:
        """Return what stands at *keys* with references followed; `None` when they lead nowhere."""
        value = self.get(*keys)
        return None if value is None else follow(self.document, (*self.pointer, *keys), value)

    def members(self, *keys: str | int) -> Iterator[tuple[str, tuple[Document, Pointer, Any]]]:
        """Yield the names and followed values of the mapping at *keys*; what does not resolve is left out.

        The mapping as a whole may stand behind a reference, as multi-file descriptions have it.
        """
        holder = self.target(*keys)
        if holder is None or not isinstance(holder[2], dict):
            return
        document, pointer, data = holder
        for name, value in data.items():
            found = follow(document, (*pointer, name), value)
            if found is not None:
                yield name, found


def server_urls(node: Node) -> list[tuple[str, Location]]:
    """Return the URLs of the `servers` at *node*, variables replaced by their defaults, and where they stand."""
    found = []
    for index, server in enumerate(node.items("servers")):
        if isinstance(server, dict) and isinstance(server.get("url"), str):
            url = server["url"]
            variables = server.get("variables")
            for name, variable in variables.items() if isinstance(variables, dict) else ():
                if isinstance(variable, dict):
                    url = url.replace("{" + name + "}", str(variable.get("default", "")))
            found.append((url, node.at("servers", index, "url")))
    return found


def swagger_servers(api: "OpenAPI") -> list[tuple[str, Location]]:
    """Return `schemes`, `host` and `basePath` of Swagger 2.0 as URLs, and where they stand."""
    host, base = api.get("host"), api.get("basePath")
    if not isinstance(host, str) and not isinstance(base, str):
        return []
    base = base if isinstance(base, str) else ""
    at = api.at("basePath" if base else "host")
    if not isinstance(host, str):
        return [(base, at)]
    schemes = [scheme for scheme in api.items("schemes") if isinstance(scheme, str)]
    if not schemes:
        return [(f"//{host}{base}", at)]
    return [(f"{scheme}://{host}{base}", at) for scheme in schemes]
