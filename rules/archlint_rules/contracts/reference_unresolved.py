"""A reference that leads nowhere.

## Why is this bad?

What should stand there is missing for every reader: generated clients lose a type, documentation shows a hole, and nothing that archlint would say of
the target is said.

## How to fix

Correct the path or the name, or commit the file that is missing. Remote references are not followed: keep a copy in the repository.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Bad,
    Context,
    Document,
    Good,
    Location,
    Pointer,
    Problem,
    Related,
    Severity,
    Unresolved,
    rule,
)

_MOST_SHOWN = 60
_FORMATS = frozenset(("openapi", "asyncapi"))
_DATA = frozenset(("example", "examples", "default", "const", "enum", "value", "x-examples"))
_MAPS = frozenset(
    (
        "properties",
        "patternProperties",
        "definitions",
        "schemas",
        "examples",
        "parameters",
        "headers",
        "responses",
        "$defs",
        "dependentSchemas",
    )
)
_NESTED = frozenset((dict, list))
_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                $ref: {reference}
components:
  schemas:
    Order: {{type: object, properties: {{parent: {{$ref: "#/components/schemas/Order"}}}}}}
"""


@rule(
    id="reference-unresolved",
    category="contracts",
    severity=Severity.ERROR,
    subject=Document,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc6901",
        "https://spec.openapis.org/oas/v3.1.1.html#reference-object",
    ),
    applies=lambda document: document.format in _FORMATS,
    examples=(
        Bad(
            _SPEC.format(
                reference='"#/components/schemas/Ordr"  # <- `#/components/schemas/Ordr` leads nowhere: there is no `Ordr`'
            )
        ),
        Bad(_SPEC.format(reference="orders.yaml  # <- `orders.yaml` leads nowhere: the file does not exist")),
        Bad(
            _SPEC.format(
                reference="../../etc/passwd  # <- `../../etc/passwd` leads nowhere: it leads outside the project root"
            )
        ),
        Bad(
            _SPEC.format(
                reference="https://example.com/order.json  # <- `https://example.com/order.json` is not read"
            )
        ),
        Bad(
            {
                "openapi.yaml": _SPEC.format(reference='"parts/order.yaml#/Order"'),
                "parts/order.yaml": """
                    Order:
                      type: object
                      properties:
                        buyer: {$ref: "buyer.yaml"}  # <- `buyer.yaml` leads nowhere: the file does not exist
                """,
            },
            "in a part of the document",
        ),
        Good(_SPEC.format(reference='"#/components/schemas/Order"')),
        Good(
            """
            asyncapi: 3.0.0
            info: {title: orders, version: 1.0.0}
            channels: {placed: {$ref: "#/components/channels/placed"}}
            operations:
              announce:
                action: send
                channel: {$ref: "#/channels/placed"}
                messages: [{$ref: "#/channels/placed/messages/Placed"}]
            components: {channels: {placed: {address: placed, messages: {Placed: {payload: {type: object}}}}}}
            """,
            "through a reference on the way",
        ),
        Good(
            {
                "openapi.yaml": _SPEC.format(reference='"schemas/order.yaml#/Order"'),
                "schemas/order.yaml": "Order: {type: object}",
            },
            "in another file",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              schemas:
                Link:
                  type: object
                  properties: {$ref: {type: string}}
                  example: {$ref: "#/nowhere"}
            """,
            "data and properties called `$ref` are no references",
        ),
    ),
)
def reference_unresolved(document: Document, context: Context) -> Iterator[Problem]:
    """Report each target that cannot be reached once, with the other places that refer to it; a missing file as a whole.

    Files that are only parts of the document are followed.
    """
    del context
    told: dict[tuple[str, str], tuple[Unresolved, list[Location]]] = {}
    seen: set[int] = set()
    pending: list[tuple[Document, Pointer, Any]] = [(document, (), document.data)]
    while pending:
        here, start, root = pending.pop()
        for pointer, reference in _references(start, root, seen):
            found = here.resolve(reference)
            if isinstance(found, Unresolved):
                file = reference.partition("#")[0]
                whole = (
                    file if file and (found.remote or found.outside or "file" in found.reason) else reference
                )
                told.setdefault((here.path, whole), (found, []))[1].append(here.at(pointer))
            elif found.document is not document and not found.document.format:
                pending.append((found.document, found.pointer, found.data))
    for (_, target), (reason, places) in told.items():
        yield _problem(target, reason, places)


def _problem(target: str, reason: Unresolved, places: list[Location]) -> Problem:
    shown = target if len(target) <= _MOST_SHOWN else target[: _MOST_SHOWN - 1] + "…"
    remote = reason.remote
    return Problem(
        f"`{shown}` is not read: {reason.reason}" if remote else f"`{shown}` leads nowhere: {reason.reason}",
        places[0],
        help="keep a copy in the repository" if remote else "correct the reference, or add what it refers to",
        related=tuple(Related("referred to here as well", place) for place in places[1:]),
        severity=Severity.INFO if remote else None,
    )


type _Link = tuple["_Link | None", str | int]
"""A key, and the link of what it is a key of: pointers are made of links only where they are wanted."""


def _references(start: Pointer, root: Any, seen: set[int]) -> Iterator[tuple[Pointer, str]]:
    """Yield the `$ref`s below *root* that are references: not data in examples, and not properties of that name."""
    pending: list[tuple[_Link | None, Any, bool]] = [(None, root, False)]
    while pending:
        link, value, is_map = pending.pop()
        if id(value) in seen:
            continue
        if isinstance(value, dict):
            seen.add(id(value))
            reference = value.get("$ref")
            if isinstance(reference, str) and not is_map:
                yield (*start, *_keys(link), "$ref"), reference
            for key, item in reversed(value.items()):
                if type(item) not in _NESTED:
                    continue
                if is_map or not (key in _DATA or key.startswith("x-")):
                    names = not is_map and key in _MAPS and isinstance(item, dict) and "$ref" not in item
                    pending.append(((link, key), item, names))
                elif key == "examples" and isinstance(item, dict):
                    pending.append(((link, key), _shared(item), True))
        elif isinstance(value, list):
            seen.add(id(value))
            pending.extend(
                ((link, index), item, False)
                for index, item in reversed(list(enumerate(value)))
                if type(item) in _NESTED
            )


def _shared(examples: dict[str, Any]) -> dict[str, Any]:
    """Return of *examples* by name the references to examples that stand elsewhere."""
    return {
        name: {"$ref": one["$ref"]}
        for name, one in examples.items()
        if isinstance(one, dict) and isinstance(one.get("$ref"), str)
    }


def _keys(link: _Link | None) -> Pointer:
    keys: list[str | int] = []
    while link is not None:
        link, key = link
        keys.append(key)
    return tuple(reversed(keys))
