"""Views of what operations take and give: parameters, bodies, responses, media types, security schemes."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from archlint.api import Document, Location, Pointer
from archlint.formats.openapi.base import View
from archlint.formats.openapi.schema import Schema

if TYPE_CHECKING:
    from archlint.formats.openapi.views import OpenAPI, Operation


class Parameter(View):
    """A parameter; `place` is its `in`."""

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.get("name", default="") or "")

    @property
    def place(self) -> str:
        """Where it is sent: `query`, `path`, `header`, `cookie`, `querystring`; `body` and `formData` in Swagger 2.0."""
        return str(self.get("in", default="") or "")

    @property
    def is_required(self) -> bool:
        """Whether it must be sent."""
        return self.get("required") is True

    @cached_property
    def schema(self) -> Schema | None:
        """Its schema; in Swagger 2.0 the parameter itself says what a schema would."""
        if self.root.is_swagger and "schema" not in self.data:
            return Schema(self.document, self.pointer, self.data)
        if "schema" not in self.data:
            for media in self.mapping("content"):
                return Schema.at_node(self, "content", media, "schema")
            return None
        return Schema.at_node(self, "schema")


class Body(View):
    """A request body."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, operation: "Operation") -> None:
        super().__init__(document, pointer, data, operation.root)
        self.operation = operation

    @cached_property
    def content(self) -> "dict[str, MediaType]":
        """The media types by name."""
        if not self.root.is_swagger:
            return {
                name: MediaType(*found, self.root, name)
                for name, found in self.members("content")
                if isinstance(found[2], dict)
            }
        return {
            name: MediaType(self.document, self.pointer, self.data, self.root, name)
            for name in self.operation.consumes
        }

    @property
    def schemas(self) -> list[Schema]:
        """The schemas of all media types."""
        return [media.schema for media in self.content.values() if media.schema is not None]


class Response(View):
    """A response; `status` is its code, range or `default`."""

    def __init__(
        self, document: Document, pointer: Pointer, data: Any, operation: "Operation", status: str
    ) -> None:
        super().__init__(document, pointer, data, operation.root)
        self.operation = operation
        self.status = status

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx response."""
        return self.status.startswith("2")

    @cached_property
    def content(self) -> "dict[str, MediaType]":
        """The media types by name."""
        if not self.root.is_swagger:
            return {
                name: MediaType(*found, self.root, name)
                for name, found in self.members("content")
                if isinstance(found[2], dict)
            }
        if not isinstance(self.get("schema"), dict):
            return {}
        return {
            name: MediaType(self.document, self.pointer, self.data, self.root, name)
            for name in self.operation.produces
        }

    @property
    def schemas(self) -> list[Schema]:
        """The schemas of all media types."""
        return [media.schema for media in self.content.values() if media.schema is not None]

    @cached_property
    def headers(self) -> dict[str, dict[str, Any]]:
        """The headers by name in lower case."""
        return {
            name.lower(): found[2] for name, found in self.members("headers") if isinstance(found[2], dict)
        }

    @cached_property
    def links(self) -> "list[Link]":
        """The links that follow from it (OpenAPI 3)."""
        return [
            Link(*found, self.root, name)
            for name, found in self.members("links")
            if isinstance(found[2], dict)
        ]


class Link(View):
    """A Link Object: what to do next with a response; `name` is its key."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: "OpenAPI", name: str) -> None:
        super().__init__(document, pointer, data, root)
        self.name = name


class MediaType(View):
    """The content of one media type; `name` is the media type."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: "OpenAPI", name: str) -> None:
        super().__init__(document, pointer, data, root)
        self.name = name

    @cached_property
    def schema(self) -> Schema | None:
        """The schema, of one item where the content is a sequence (`itemSchema`, 3.2)."""
        for key in ("schema", "itemSchema"):
            if isinstance(self.get(key), dict):
                return Schema.at_node(self, key)
        return Schema(self.document, self.pointer, self.data) if self.get("in") == "formData" else None

    @property
    def is_json(self) -> bool:
        """Whether it is JSON, by name or by suffix (RFC 6839)."""
        bare = self.name.partition(";")[0].strip().lower()
        return bare == "application/json" or bare.endswith("+json") or bare == "*/*"


class SecurityScheme(View):
    """A security scheme; `name` is its key."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: "OpenAPI", name: str) -> None:
        super().__init__(document, pointer, data, root)
        self.name = name

    @property
    def type(self) -> str:
        """Its `type`; `basic` of Swagger 2.0 is `http`."""
        kind = str(self.get("type", default=""))
        return "http" if kind == "basic" else kind

    @cached_property
    def flows(self) -> dict[str, tuple[dict[str, Any], Location]]:
        """OAuth 2 flows by their OpenAPI 3 name, with their place."""
        if self.root.is_swagger:
            names = {"application": "clientCredentials", "accessCode": "authorizationCode"}
            flow = str(self.get("flow", default=""))
            return {names.get(flow, flow): (self.data, self.at("flow"))} if flow else {}
        return {
            name: (flow, self.at("flows", name, on_key=True))
            for name, flow in self.mapping("flows").items()
            if isinstance(flow, dict) and not name.startswith("x-")
        }
