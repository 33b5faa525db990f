"""What operations take and give, as facts that others can be held against."""

from typing import Any

from archlint.api import Document, Exchange, Node, Pointer, follow
from archlint.formats.openapi.content import MediaType, Parameter
from archlint.formats.openapi.views import OpenAPI, Operation

_MOST_SHAPES = 2_000
_MOST_DEPTH = 16
_MOST_VALUES = 60
_PLAIN = frozenset(("type", "format", "required", "nullable", "x-nullable", "readOnly", "writeOnly", "const"))
_LISTS = ("allOf", "oneOf", "anyOf")
_OPEN = frozenset(
    (
        "patternProperties",
        "unevaluatedProperties",
        "dependentSchemas",
        "if",
        "not",
        "discriminator",
        "$dynamicRef",
    )
)
"""What makes an object more than its properties tell."""


class Exchanges:
    """Reduces the schemas of one API; those behind references once each, as `shapes`."""

    def __init__(self, api: OpenAPI) -> None:
        self._api = api
        self._names: dict[tuple[int, Pointer], str] = {}
        self._pending: list[tuple[str, Document, Pointer, dict[str, Any]]] = []
        self.shapes: dict[str, dict[str, Any]] = {}

    def of(self, operation: Operation) -> Exchange:
        """Return what *operation* takes and gives."""
        body = operation.body
        exchange = Exchange(
            query=tuple(
                parameter.name
                for parameter in operation.parameters
                if parameter.place == "query" and parameter.is_required and _is_sent_by_name(parameter)
            ),
            request=self._content(body.content) if body is not None else {},
            request_required=body is not None and body.get("required") is True,
            responses={
                status: self._content(response.content) for status, response in operation.responses.items()
            },
        )
        while self._pending:
            name, document, pointer, data = self._pending.pop()
            self.shapes[name] = self._reduced(document, pointer, data, 0)
        return exchange

    def _content(self, content: dict[str, MediaType]) -> dict[str, dict[str, Any]]:
        return {
            name.partition(";")[0].strip().lower(): self._schema(media) if is_json(name) else {}
            for name, media in content.items()
        }

    def _schema(self, media: Node) -> dict[str, Any]:
        value = media.get("schema")
        if not isinstance(value, dict):
            return {}
        return self._shape(media.document, (*media.pointer, "schema"), value, 0)

    def _shape(self, document: Document, pointer: Pointer, data: Any, depth: int) -> dict[str, Any]:
        """Return the shape of *data*; what stands behind a reference is named, and made later."""
        if not isinstance(data, dict) or depth > _MOST_DEPTH:
            return {}
        if "$ref" not in data:
            return self._reduced(document, pointer, data, depth)
        found = follow(document, pointer, data)
        if found is None or not isinstance(found[2], dict):
            return {}
        key = (id(found[0]), found[1])
        name = self._names.get(key)
        if name is None:
            if len(self._names) >= _MOST_SHAPES:
                return {}
            name = self._names[key] = self._name(*found[:2])
            self._pending.append((name, *found))
        return {"$ref": name}

    def _name(self, document: Document, pointer: Pointer) -> str:
        text = "/".join(str(key) for key in pointer)
        return text if document is self._api.document else f"{document.path}#{text}"

    def _reduced(
        self, document: Document, pointer: Pointer, data: dict[str, Any], depth: int
    ) -> dict[str, Any]:
        shape: dict[str, Any] = {key: value for key, value in data.items() if key in _PLAIN}
        values = data.get("enum")
        if isinstance(values, list) and len(values) <= _MOST_VALUES:
            shape["enum"] = values
        if not _OPEN.isdisjoint(data):
            shape["open"] = True
        more = data.get("additionalProperties")
        if isinstance(more, bool):
            shape["additionalProperties"] = more
        elif isinstance(more, dict):
            shape["additionalProperties"] = self._shape(
                document, (*pointer, "additionalProperties"), more, depth + 1
            )
        properties = data.get("properties")
        if isinstance(properties, dict):
            shape["properties"] = {
                name: self._shape(document, (*pointer, "properties", name), item, depth + 1)
                for name, item in properties.items()
            }
        if isinstance(data.get("items"), dict):
            shape["items"] = self._shape(document, (*pointer, "items"), data["items"], depth + 1)
        for key in _LISTS:
            branches = data.get(key)
            if isinstance(branches, list):
                shape[key] = [
                    self._shape(document, (*pointer, key, index), branch, depth + 1)
                    for index, branch in enumerate(branches)
                ]
        return shape


def _is_sent_by_name(parameter: Parameter) -> bool:
    """Tell whether *parameter* stands in a query under its own name; an object's keys stand there for it, unless something else is said."""
    if parameter.schema is None or not parameter.schema.is_object or "content" in parameter.data:
        return True
    return parameter.get("style", default="form") != "form" or parameter.get("explode") is False


def is_json(media: str) -> bool:
    """Tell whether bodies of a media type are JSON."""
    name = media.partition(";")[0].strip().lower()
    return name == "application/json" or name.endswith("+json") or name == "text/json"
