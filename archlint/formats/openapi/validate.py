"""Structure of descriptions, against the official schemas that openapi-spec-validator ships."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from archlint.api import Document, Pointer, Problem, Structure
from archlint.formats.openapi.walk import root_of

_VERSIONS = {(2, 0): "v2.0", (3, 0): "v3.0", (3, 1): "v3.1", (3, 2): "v3.2"}
_TEMPLATE = re.compile(r"\{([^{}]+)\}")


def validate(document: Document) -> Iterator[Problem]:
    """Yield what breaks the specification: by its schema, and path templates that fit the same requests or name no parameter."""
    api = root_of(document)
    version = _VERSIONS.get(api.version)
    if version is None:
        at = document.at(("openapi",) if "openapi" in document.data else ("swagger",))
        text = document.data.get("openapi") or document.data.get("swagger")
        if api.version[0] != 3 or not re.match(r"\d+\.\d+", str(text)):  # noqa: PLR2004
            yield Problem(
                f"`{text}` is not a version of OpenAPI", at, help="use `3.0`, `3.1`, `3.2` or `2.0` (Swagger)"
            )
            return
        version = "v3.2"
    for fault in _structure(version).faults(_plain(document.data)):
        if not _is_included(document.data, fault.pointer):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)
    yield from _templates(document)


@cache
def _structure(version: str) -> Structure:
    return Structure(lambda: json.loads(_schema_file(version).read_text("utf-8")), "the description")


def _schema_file(version: str) -> Path:
    """Return the schema's path, found without importing the package, which would load pydantic and more."""
    spec = find_spec("openapi_spec_validator")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("openapi-spec-validator is not installed")
    return Path(spec.submodule_search_locations[0], "resources", "schemas", version, "schema.json")


def _plain(data: Any) -> Any:
    """Return *data* with versions that were written as numbers made text: YAML reads `swagger: 2.0` as a number."""
    fixed = dict(data)
    for key in ("swagger", "openapi"):
        if isinstance(fixed.get(key), float | int):
            fixed[key] = str(fixed[key])
    info = fixed.get("info")
    if (
        isinstance(info, dict)
        and isinstance(info.get("version"), int | float)
        and not isinstance(info["version"], bool)
    ):
        fixed["info"] = {**info, "version": str(info["version"])}
    return fixed


def _is_included(data: Any, pointer: Pointer) -> bool:
    """Tell whether the fault concerns a `$ref` where the specification has none: bundlers put the file's content there."""
    for key in pointer:
        if isinstance(data, dict):
            if isinstance(data.get("$ref"), str):
                return True
            data = data.get(str(key))
        else:
            data = data[key] if isinstance(data, list) and isinstance(key, int) else None
    return isinstance(data, dict) and isinstance(data.get("$ref"), str)


def _templates(document: Document) -> Iterator[Problem]:
    """Yield templates that differ in parameter names only (OAS 3.1.1, Paths Object), and placeholders without a parameter."""
    api = root_of(document)
    seen: dict[tuple[str, str], str] = {}
    for item in api.paths:
        shape = _TEMPLATE.sub("{}", item.path)
        methods = [operation.method for operation in item.operations]
        twin = next((seen[method, shape] for method in methods if (method, shape) in seen), None)
        if twin is not None:
            yield Problem(
                f"`{item.path}` fits the same requests as `{twin}`", item.key, help="keep one of the two"
            )
        for method in methods:
            seen.setdefault((method, shape), item.path)
        names = set(_TEMPLATE.findall(item.path))
        for operation in item.operations:
            declared = {parameter.name for parameter in operation.parameters if parameter.place == "path"}
            unresolved = (
                any(
                    "$ref" in parameter
                    for parameter in (*operation.items("parameters"), *item.items("parameters"))
                    if isinstance(parameter, dict)
                )
                and not declared
            )
            for name in sorted(names - declared):
                if not unresolved:
                    message = f"`{operation.name}` does not say what `{name}` in its path is"
                    yield Problem(message, operation.key, help=f"add a parameter `{name}` with `in: path`")
