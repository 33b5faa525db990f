"""Views of an OpenAPI description: one understanding of Swagger 2.0 and OpenAPI 3.0 to 3.2.

A view is the node where something is *defined*: references are followed before it is made. `root` is the description that is
being checked, which may be another file.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from archlint.api import Document, Location, Node, Pointer, follow
from archlint.formats.openapi.base import METHODS, View, server_urls, swagger_servers
from archlint.formats.openapi.content import Body, Parameter, Response, SecurityScheme


class OpenAPI(Node):
    """A whole description."""

    @property
    def is_swagger(self) -> bool:
        """Whether it is written in Swagger 2.0."""
        return "swagger" in self.data

    @cached_property
    def version(self) -> tuple[int, int]:
        """Major and minor version of the specification it follows."""
        text = str(self.data.get("swagger") or self.data.get("openapi") or "3.0")
        parts = (*text.split("."), "0")
        return (int(parts[0]) if parts[0].isdecimal() else 3, int(parts[1]) if parts[1].isdecimal() else 0)

    @property
    def title(self) -> str:
        """`info.title`, or an empty string."""
        return str(self.get("info", "title", default="") or "")

    @cached_property
    def is_internal(self) -> bool:
        """Whether the API is marked as not public (`x-audience`, `x-visibility`, `x-internal`)."""
        if self.get("x-internal") is True or self.get("info", "x-internal") is True:
            return True
        marks = (
            self.get("info", key, default=self.get(key))
            for key in ("x-audience", "x-visibility", "x-api-audience")
        )
        return any(isinstance(mark, str) and "internal" in mark.lower() for mark in marks)

    @cached_property
    def servers(self) -> list[tuple[str, Location]]:
        """Server URLs with variables' defaults put in, and where they stand; `host`, `basePath` and `schemes` as URLs."""
        if self.is_swagger:
            return swagger_servers(self)
        return server_urls(self)

    @cached_property
    def paths(self) -> "list[PathItem]":
        """The path items, in document order, `$ref`s followed; extensions left out."""
        return [
            PathItem(*found, self, key, self.at("paths", key, on_key=True))
            for key in self.mapping("paths")
            if key.startswith("/")
            and (found := self._followed("paths", key)) is not None
            and isinstance(found[2], dict)
        ]

    @cached_property
    def operations(self) -> "list[Operation]":
        """All operations of the paths; webhooks and callbacks are not among them."""
        return [operation for item in self.paths for operation in item.operations]

    @cached_property
    def webhooks(self) -> "list[Operation]":
        """The operations of `webhooks`: requests that the API sends."""
        return [
            operation
            for key in self.mapping("webhooks")
            if (found := self._followed("webhooks", key)) is not None and isinstance(found[2], dict)
            for operation in PathItem(
                *found, self, key, self.at("webhooks", key, on_key=True), kind="webhook"
            ).operations
        ]

    @cached_property
    def callbacks(self) -> "list[Operation]":
        """The operations of all callbacks: requests that the API sends."""
        return [callback for operation in self.operations for callback in operation.callbacks]

    @cached_property
    def schemes(self) -> "dict[str, SecurityScheme]":
        """The security schemes by name."""
        keys = ("securityDefinitions",) if self.is_swagger else ("components", "securitySchemes")
        found = {}
        for name in self.mapping(*keys):
            target = self._followed(*keys, name)
            if target is not None and isinstance(target[2], dict):
                found[name] = SecurityScheme(*target, self, name)
        return found

    def _followed(self, *keys: str | int) -> tuple[Document, Pointer, Any] | None:
        return follow(self.document, (*self.pointer, *keys), self.get(*keys))


class PathItem(View):
    """A path (or webhook, or callback expression) with its operations; `path` is the template, `key` where it is written."""

    def __init__(
        self,
        document: Document,
        pointer: Pointer,
        data: Any,
        root: OpenAPI,
        path: str,
        key: Location,
        kind: str = "path",
    ) -> None:
        super().__init__(document, pointer, data, root)
        self.path = path
        self.key = key
        self.kind = kind

    @cached_property
    def operations(self) -> "list[Operation]":
        """The operations in document order, those of `additionalOperations` (3.2) last.

        An operation that is a `$ref` to another file, which the specification does not have and bundlers know, is followed.
        """
        written: list[tuple[tuple[str, ...], str]] = [
            ((method,), method.upper()) for method in self.data if method in METHODS
        ]
        written += [
            (("additionalOperations", method), method) for method in self.mapping("additionalOperations")
        ]
        found = []
        for keys, method in written:
            target = self.target(*keys)
            if target is not None and isinstance(target[2], dict):
                found.append(Operation(*target, self, method))
        return found

    @cached_property
    def parameters(self) -> "list[Parameter]":
        """The parameters that all operations share."""
        return list(_parameters(self))


class Operation(View):
    """An operation: `method` in upper case, `item` the path it belongs to."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, item: PathItem, method: str) -> None:
        super().__init__(document, pointer, data, item.root)
        self.item = item
        self.method = method

    @property
    def path(self) -> str:
        """The path template."""
        return self.item.path

    @property
    def kind(self) -> str:
        """`path`, `webhook` or `callback`."""
        return self.item.kind

    @property
    def name(self) -> str:
        """What users call it: `GET /orders`."""
        return f"{self.method} {self.item.path}"

    @property
    def id(self) -> str:
        """The `operationId`, or an empty string."""
        return str(self.get("operationId", default="") or "")

    @property
    def key(self) -> Location:
        """Where its method is written: the place of most findings."""
        return self.document.at(self.pointer, on_key=True)

    @property
    def is_deprecated(self) -> bool:
        """Whether it is marked `deprecated`."""
        return self.get("deprecated") is True

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return [tag for tag in self.items("tags") if isinstance(tag, str)]

    @cached_property
    def all_parameters(self) -> "list[Parameter]":
        """Its own and the path's parameters, its own first; bodies of Swagger 2.0 among them."""
        own = list(_parameters(self))
        names = {(parameter.name, parameter.place) for parameter in own}
        return [
            *own,
            *(shared for shared in self.item.parameters if (shared.name, shared.place) not in names),
        ]

    @cached_property
    def parameters(self) -> "list[Parameter]":
        """The path, query, header and cookie parameters."""
        return [parameter for parameter in self.all_parameters if parameter.place not in {"body", "formData"}]

    @property
    def knows_parameters(self) -> bool:
        """Whether all of its parameters resolve, so that what is not among them is not there."""
        return all(
            follow(node.document, (*node.pointer, "parameters", index), value) is not None
            for node in (self, self.item)
            for index, value in enumerate(node.items("parameters"))
        )

    @cached_property
    def body(self) -> "Body | None":
        """The request body: `requestBody`, or `in: body` and `in: formData`."""
        if not self.root.is_swagger:
            found = self.target("requestBody")
            return Body(*found, self) if found is not None and isinstance(found[2], dict) else None
        for parameter in self.all_parameters:
            if parameter.place in {"body", "formData"}:
                return Body(parameter.document, parameter.pointer, parameter.data, self)
        return None

    @cached_property
    def responses(self) -> "dict[str, Response]":
        """The responses by status code, range (`4XX`) or `default`."""
        return {
            status: Response(*found, self, status)
            for status, found in self.members("responses")
            if not status.startswith("x-") and isinstance(found[2], dict)
        }

    @property
    def successes(self) -> "list[Response]":
        """The 2xx responses."""
        return [response for response in self.responses.values() if response.status.startswith("2")]

    @cached_property
    def security(self) -> list[dict[str, Any]]:
        """The effective security requirements: alternatives, each of scheme names to scopes. Empty = none is required."""
        own = self.get("security")
        found = own if isinstance(own, list) else self.root.items("security")
        return [requirement for requirement in found if isinstance(requirement, dict)]

    @property
    def has_own_security(self) -> bool:
        """Whether it states its security itself."""
        return isinstance(self.get("security"), list)

    @property
    def security_location(self) -> Location:
        """Where its effective security stands."""
        return self.at("security") if self.has_own_security else self.root.at("security")

    @cached_property
    def servers(self) -> list[tuple[str, Location]]:
        """Its own server URLs, or its path's, or the description's."""
        return server_urls(self) or server_urls(self.item) or self.root.servers

    @cached_property
    def callbacks(self) -> "list[Operation]":
        """The operations of its callbacks."""
        found = []
        for _, (document, pointer, data) in self.members("callbacks"):
            if not isinstance(data, dict):
                continue
            for expression in data:
                target = follow(document, (*pointer, expression), data[expression])
                if target is not None and isinstance(target[2], dict) and not expression.startswith("x-"):
                    key = document.at((*pointer, expression), on_key=True)
                    found.extend(PathItem(*target, self.root, expression, key, kind="callback").operations)
        return found

    @cached_property
    def consumes(self) -> list[str]:
        """The request's media types in Swagger 2.0."""
        return _texts(self, "consumes") or _texts(self.root, "consumes") or ["application/json"]

    @cached_property
    def produces(self) -> list[str]:
        """The responses' media types in Swagger 2.0."""
        return _texts(self, "produces") or _texts(self.root, "produces") or ["application/json"]


def _texts(node: Node, key: str) -> list[str]:
    return [value for value in node.items(key) if isinstance(value, str)]


def _parameters(node: View) -> Iterator[Parameter]:
    for index, value in enumerate(node.items("parameters")):
        found = follow(node.document, (*node.pointer, "parameters", index), value)
        if found is not None and isinstance(found[2], dict):
            yield Parameter(*found, node.root)
