"""Structure of descriptions, against the official schemas that openapi-spec-validator ships."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from archlint.api import Document, Node, Pointer, Problem, Structure, regex
from archlint.formats.openapi.content import Body, Parameter, Response
from archlint.formats.openapi.schema import Schema
from archlint.formats.openapi.templates import templates
from archlint.formats.openapi.views import PathItem
from archlint.formats.openapi.walk import root_of, walk

type _Part = tuple[str, str, str]

_VERSIONS = {(2, 0): "v2.0", (3, 0): "v3.0", (3, 1): "v3.1", (3, 2): "v3.2"}
_LATEST = (3, 2)
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OWN_DIALECT = "https://spec.openapis.org/oas/"
_DEFINITIONS: dict[type[Node], _Part] = {
    PathItem: ("PathItem", "path-item", "the path item"),
    Parameter: ("Parameter", "parameter", "the parameter"),
    Body: ("RequestBody", "request-body", "the request body"),
    Response: ("Response", "response", "the response"),
    Schema: ("Schema", "schema", "the schema"),
}
_NAMED_DIALECT = regex(r"""\$schema["']?[ \t]*:""")
_ELSEWHERE = regex(r"""\$ref["']?[ \t]*:[ \t]*["']?[^#"'\s]""")


def validate(document: Document) -> Iterator[Problem]:
    """Yield what breaks the specification: by its schema, in the files it refers to, and what no schema sees in paths."""
    api = root_of(document)
    key = "swagger" if api.is_swagger else "openapi"
    written = str(document.data.get(key))
    if not re.match(r"\d+\.\d+", written) or (api.version not in _VERSIONS and api.version[0] != _LATEST[0]):
        yield Problem(
            f"`{written}` is not a version of OpenAPI",
            document.at((key,)),
            help="use `3.0`, `3.1`, `3.2` or `2.0` (Swagger)",
        )
        return
    is_newer = api.version not in _VERSIONS
    version = _VERSIONS[_LATEST if is_newer else api.version]
    structure = _structure(version, None, _is_usual_dialect(document))
    yield from _faults(structure, document, (), _plain(document.data, "3.2.0" if is_newer else written))
    if _ELSEWHERE.search(document.source.text):
        yield from _parts(document, version)
    yield from templates(api)


def _faults(structure: Structure, document: Document, pointer: Pointer, data: Any) -> Iterator[Problem]:
    for fault in structure.faults(data):
        if _is_put_together(data, fault.pointer):
            continue
        at = document.at((*pointer, *fault.pointer), on_key=fault.on_key)
        yield Problem(fault.message, at, help=fault.help)


def _is_put_together(data: Any, pointer: Pointer) -> bool:
    """Tell whether a file is included at *pointer* where the specification allows no reference.

    Many descriptions are written so, for a bundler to put together: a text from a Markdown file, an operation from a file.
    """
    for key in pointer[:-1] if pointer[-1:] == ("$ref",) else pointer:
        data = data[key]
    reference = data.get("$ref") if isinstance(data, dict) else None
    return isinstance(reference, str) and not reference.startswith("#")


def _parts(root: Document, version: str) -> Iterator[Problem]:
    """Yield what breaks the schema in files that are parts of *root*, each definition once with all that it holds."""
    held: set[tuple[int, Pointer]] = set()
    for node in walk(root, frozenset(_DEFINITIONS)):
        document = node.document
        if document is root or not _is_part(document):
            continue
        if any((id(document), node.pointer[:length]) in held for length in range(len(node.pointer) + 1)):
            continue
        held.add((id(document), node.pointer))
        structure = _structure(version, _DEFINITIONS[type(node)], _is_usual_dialect(root))
        yield from _faults(structure, document, node.pointer, node.data)


def _is_part(document: Document) -> bool:
    """Tell whether *document* is not a description itself, which is checked on its own."""
    return not (isinstance(document.data, dict) and {"openapi", "swagger"} & document.data.keys())


def _is_usual_dialect(document: Document) -> bool:
    """Tell whether the schemas of *document* are what OpenAPI 3.1 expects, rather than of another JSON Schema."""
    named = document.data.get("jsonSchemaDialect", _DIALECT)
    return (
        isinstance(named, str)
        and (named == _DIALECT or named.startswith(_OWN_DIALECT))
        and _NAMED_DIALECT.search(document.source.text) is None
    )


@cache
def _structure(version: str, part: _Part | None, knows_schemas: bool) -> Structure:  # noqa: FBT001
    what = part[2] if part else "the description"
    return Structure(lambda: _schema(version, part, knows_schemas=knows_schemas), what)


def _schema(version: str, part: _Part | None, *, knows_schemas: bool) -> Any:
    schema = json.loads(_schema_file(version).read_text("utf-8"))
    if knows_schemas and "$defs" in schema:
        # From 3.1 on the official schema leaves Schema Objects to their dialect, JSON Schema 2020-12 with additions.
        schema["$defs"]["schema"] = {
            "$dynamicAnchor": "meta",
            "type": ["object", "boolean"],
            "$ref": _DIALECT,
        }
    if part is None:
        return schema
    key = "definitions" if "definitions" in schema else "$defs"
    name = part[1] if key == "$defs" else part[0]
    if version == "v2.0":
        name = name[0].lower() + name[1:]
    kept = {kept: schema[kept] for kept in ("id", "$id", "$schema", key) if kept in schema}
    return {**kept, "allOf": [{"$ref": f"#/{key}/{name}"}]}


def _schema_file(version: str) -> Path:
    """Return the schema's path, found without importing the package, which would load pydantic and more."""
    spec = find_spec("openapi_spec_validator")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("openapi-spec-validator is not installed")
    return Path(spec.submodule_search_locations[0], "resources", "schemas", version, "schema.json")


def _plain(data: Any, version: str) -> Any:
    """Return *data* with versions that were written as numbers made text: YAML reads `swagger: 2.0` as a number.

    *version* stands for the one of the specification, which lets newer ones pass as the newest that is known.
    """
    fixed = {**data, ("swagger" if "swagger" in data else "openapi"): version}
    info = fixed.get("info")
    if (
        isinstance(info, dict)
        and isinstance(info.get("version"), int | float)
        and not isinstance(info["version"], bool)
    ):
        fixed["info"] = {**info, "version": str(info["version"])}
    return fixed
