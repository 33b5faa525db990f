"""One understanding of an API, shared by all rules: resources, kinds of operations, paging, versions, errors, idempotency.

Nothing here judges. `understand(operation)` tells what an operation is; `versions_of(api)` how versions are told apart. Each decision
uses what is declared before what names suggest.
"""

import re
from dataclasses import dataclass
from typing import Literal

from archlint.api import regex
from archlint.formats.openapi import words
from archlint.formats.openapi.base import SAFE
from archlint.formats.openapi.content import Parameter, Response
from archlint.formats.openapi.schema import Schema
from archlint.formats.openapi.versions import version_in, versions_of
from archlint.formats.openapi.views import OpenAPI, Operation

type Kind = Literal["list", "read", "create", "replace", "update", "delete", "action", "other"]
type Purpose = Literal["search", "login", "batch", ""]
type Style = Literal["cursor", "offset", "page", "range", "size", ""]

_PLACEHOLDER = regex(r"\{[^{}]*\}")
_VERSION = regex(r"v\d+(?:[._]\d+)*(?:(?:alpha|beta)\d*)?", re.IGNORECASE)
_FEW = 2


@dataclass(frozen=True, slots=True)
class Items:
    """The list that a response carries: the schema of the array, its place in the body (empty = the body itself), the envelope."""

    array: Schema
    name: str
    response: Response
    envelope: Schema | None


@dataclass(frozen=True, slots=True)
class Paging:
    """How a collection is read in parts: the style, the parameters that say so, and the one that bounds a part."""

    style: Style
    parameters: tuple[Parameter, ...] = ()
    size: Parameter | None = None

    def __bool__(self) -> bool:
        return bool(self.style)

    @property
    def advances(self) -> bool:
        """Whether a client can ask for the next part, not only bound the first."""
        return self.style in {"cursor", "offset", "page"}


@dataclass(frozen=True, slots=True)
class Understanding:
    """What an operation is.

    `resource` is the last static segment of the path, `hierarchy` all static segments without versions: the resource below its
    owners. `is_item` tells that the path ends in a parameter. `purpose` says more about a read or an action, by its name.
    """

    kind: Kind
    purpose: Purpose
    resource: str
    hierarchy: tuple[str, ...]
    is_item: bool
    items: Items | None
    paging: Paging
    idempotency: str


def understand(operation: Operation) -> Understanding:
    """Return what *operation* is, computed once."""
    key = ("understanding", operation.pointer, operation.path)
    known = operation.document.memo.get(key)
    if known is None:
        known = operation.document.memo[key] = _understand(operation)
    found: Understanding = known
    return found


def _understand(operation: Operation) -> Understanding:
    segments = _segments(operation)
    statics = [part for part in segments if not _PLACEHOLDER.search(part)]
    is_item = bool(segments) and bool(_PLACEHOLDER.search(segments[-1]))
    items = _items(operation) if operation.method in {"GET", "QUERY"} else None
    paging = _paging(operation)
    return Understanding(
        kind=_kind(operation, segments, is_item=is_item and not (items and paging.advances), items=items),
        purpose=_purpose(operation, statics),
        resource=statics[-1] if statics else "",
        hierarchy=tuple(part for part in statics if not _VERSION.fullmatch(part)),
        is_item=is_item,
        items=items,
        paging=paging,
        idempotency=_idempotency(operation),
    )


def _segments(operation: Operation) -> list[str]:
    """Return the segments of the path without a fragment or query, by which some tell operations of one path apart."""
    return [part for part in re.split(r"[?#]", operation.path, maxsplit=1)[0].split("/") if part]


def _purpose(operation: Operation, statics: list[str]) -> Purpose:
    if not statics:
        return ""
    last = words.words(statics[-1].rpartition(":")[2])
    names = {"".join(last), *last[:1]}
    if operation.method in {"GET", "POST", "QUERY"} and names & words.SEARCHES:
        return "search"
    if operation.method == "POST" and names & words.BATCHES:
        return "batch"
    return "login" if operation.method == "POST" and "".join(last) in words.LOGINS else ""


def _kind(operation: Operation, segments: list[str], *, is_item: bool, items: Items | None) -> Kind:
    method = operation.method
    last = segments[-1] if segments else ""
    if method in {"GET", "HEAD", "QUERY"}:
        return "list" if items is not None and not is_item else "read"
    if method in {"PUT", "PATCH", "DELETE"}:
        kinds: dict[str, Kind] = {"PUT": "replace", "PATCH": "update", "DELETE": "delete"}
        return kinds[method]
    if method != "POST":
        return "other"
    return "action" if is_item or is_action(last, operation) else "create"


def is_action(segment: str, operation: Operation) -> bool:
    """Tell whether a POST to a path that ends in *segment* is a command, a search or a login rather than a creation."""
    if ":" in segment or "(" in segment or not segment:
        return True
    parts = words.words(segment)
    is_made = "201" in operation.responses and segment.endswith("s")
    if words.bare(segment) in words.ACTIONS or (words.bare(segment) in words.LOGINS and not is_made):
        return True
    if is_made:
        return False
    if (parts and parts[0] in words.ACTIONS) or words.bare(segment) in words.OPEN_SEGMENTS:
        return True
    verbs = words.words(operation.id)[:1]
    if verbs and verbs[0] in words.ACTIONS and "201" not in operation.responses:
        return True
    if "201" in operation.responses:
        return False
    return bool(parts) and "200" in operation.responses and not _creates(operation)


def _creates(operation: Operation) -> bool:
    """Tell whether the words of a POST that answers 200 say that it makes something."""
    said = {*words.words(operation.id)[:2], *words.words(operation.description)[:3]}
    return bool(
        said
        & {
            "create",
            "creates",
            "add",
            "adds",
            "new",
            "insert",
            "place",
            "places",
            "post",
            "make",
            "creating",
            "adding",
            "register",
        }
    )


def _items(operation: Operation) -> Items | None:
    for response in operation.successes:
        for media in response.content.values():
            schema = media.schema
            if schema is None or not media.is_json:
                continue
            for shape in schema.alternatives or (schema,):
                if shape.is_array:
                    return Items(shape, "", response, None)
                found = _enveloped(shape, operation)
                if found is not None:
                    return Items(shape.properties[found], found, response, shape)
    return None


def _enveloped(schema: Schema, operation: Operation) -> str | None:
    """Return the property that holds a collection's items, where *schema* is the envelope of one."""
    properties = schema.properties
    arrays = [name for name, value in properties.items() if value.is_array]
    if not arrays:
        return None
    bare = {words.bare(name): name for name in arrays}
    signs = {words.bare(name) for name in properties} - set(bare)
    paged = bool(signs & (words.NEXTS | words.TOTALS)) or bool(_paging(operation))
    for name in words.ITEMS:
        if name in bare and (paged or len(properties) <= _FEW or name in {"items", "data", "results"}):
            return bare[name]
    statics = [part for part in _segments(operation) if not _PLACEHOLDER.search(part)]
    last = words.bare(statics[-1]) if statics else ""
    if last and last in bare and (paged or len(properties) <= _FEW + 1):
        return bare[last]
    named = next((name for name in bare if paged and len(name) > _FEW and last.endswith(name)), None)
    if named is not None:
        return bare[named]
    others = [name for name in properties if name not in arrays and not properties[name].is_array]
    if len(arrays) == 1 and (
        not others
        or (
            paged
            and all(
                words.bare(name) in words.NEXTS | words.TOTALS | words.SIZES | words.PAGES | words.OFFSETS
                for name in others
            )
        )
    ):
        return arrays[0]
    return None


def _paging(operation: Operation) -> Paging:
    parameters = [parameter for parameter in operation.parameters if parameter.place in {"query", "header"}]
    by_name = {words.bare(parameter.name): parameter for parameter in reversed(parameters)}

    def among(names: frozenset[str]) -> list[Parameter]:
        return [parameter for name, parameter in by_name.items() if name in names]

    size = next((parameter for parameter in among(words.SIZES) if _is_number(parameter)), None)
    cursors, offsets, pages = among(words.CURSORS), among(words.OFFSETS), among(words.PAGES)
    cursors = [parameter for parameter in cursors if not _is_date(parameter)]
    if cursors and (
        size is not None
        or any(words.bare(one.name) not in {"after", "before", "since", "continue"} for one in cursors)
    ):
        return Paging("cursor", (*cursors, *((size,) if size else ())), size)
    for style, found in (("offset", offsets), ("page", pages)):
        numbers = [parameter for parameter in found if _is_number(parameter)]
        if numbers and (
            size is not None or words.bare(numbers[0].name) not in {"from", "first", "start", "p"}
        ):
            return Paging(
                "offset" if style == "offset" else "page", (*numbers, *((size,) if size else ())), size
            )
    if "range" in by_name and by_name["range"].place == "header":
        return Paging("range", (by_name["range"],), size)
    return Paging("size", (size,), size) if size is not None else Paging("")


def _is_number(parameter: Parameter) -> bool:
    schema = parameter.schema
    return (
        schema is None
        or not schema.types
        or (
            bool(schema.types & {"integer", "number", "string"})
            and schema.format not in {"date", "date-time"}
        )
    )


def _is_date(parameter: Parameter) -> bool:
    return parameter.schema is not None and parameter.schema.format in {"date", "date-time"}


def _idempotency(operation: Operation) -> str:
    """Return the name of the idempotency key or client token that *operation* takes, or an empty string."""
    for parameter in operation.parameters:
        if parameter.place == "header" and words.bare(parameter.name) in words.IDEMPOTENCY_HEADERS:
            return parameter.name
        if words.bare(parameter.name) in words.IDEMPOTENCY and "idempoten" in parameter.description.lower():
            return parameter.name
        if parameter.place == "query" and words.bare(parameter.name) in {
            "requestid",
            "clienttoken",
            "idempotencykey",
        }:
            return parameter.name
    if operation.body is not None:
        for schema in operation.body.schemas:
            for name in schema.properties:
                if words.bare(name) in {
                    "idempotencykey",
                    "clienttoken",
                    "clientrequesttoken",
                    "requestid",
                    "clientrequestid",
                    "idempotencytoken",
                }:
                    return name
    return ""


def is_public_by_nature(operation: Operation) -> bool:
    """Tell whether nobody can be asked to authenticate for *operation*: login, tokens, health, discovery, webhooks, documentation."""
    segments = [part.lower() for part in operation.path.split("/") if part]
    if words.says_open(operation.description):
        return True
    if any(part in words.OPEN_SEGMENTS or words.bare(part) in words.OPEN_SEGMENTS for part in segments):
        return True
    said = [*words.words(operation.id), *(word for tag in operation.tags for word in words.words(tag))]
    return bool(
        {
            "login",
            "signin",
            "signup",
            "health",
            "healthcheck",
            "oauth",
            "token",
            "authenticate",
            "authorization",
            "liveness",
            "readiness",
        }
        & set(said)
    )


def is_probe(operation: Operation) -> bool:
    """Tell whether *operation* only shows how the service is: health, readiness, version, metrics, its own description."""
    segments = [part.lower() for part in operation.path.split("/") if part]
    return (
        operation.method in SAFE
        and bool(segments)
        and "{" not in operation.path
        and words.bare(segments[-1]) in words.PROBES
    )


def is_safe(operation: Operation) -> bool:
    """Tell whether the method is safe (RFC 9110 §9.2.1)."""
    return operation.method in SAFE


def goes_on(items: Items) -> bool:
    """Tell whether the envelope of a list says where the next part is, though no parameter asks for it."""
    if items.envelope is None:
        return False
    properties = items.envelope.properties
    inner = [
        value.properties
        for name, value in properties.items()
        if words.bare(name) in words.NEXTS | {"pages", "linkself"}
    ]
    return any(words.bare(name) in words.GOES_ON for found in (properties, *inner) for name in found)


def has_next(operation: Operation, items: Items) -> bool:
    """Tell whether the response of a paged list says how to go on, or how much there is."""
    if {words.bare(name) for name in items.response.headers} & words.NEXT_HEADERS:
        return True
    if "206" in operation.responses:
        return True
    if items.envelope is None:
        return False
    pending = [(items.envelope, 0)]
    while pending:
        schema, depth = pending.pop()
        for name, value in schema.properties.items():
            key = words.bare(name)
            if (
                key in words.NEXTS
                or words.is_total(key, items.name)
                or key in words.PAGES
                or key.endswith(("cursor", "token", "marker", "nextpage"))
                or key.startswith("next")
            ):
                return True
            if depth < _FEW and value.is_object and not value.is_array:
                pending.append((value, depth + 1))
    return False


def describe(api: OpenAPI) -> list[tuple[str, ...]]:
    """Return what was understood of *api* as rows: operation, kind, resource, paging, idempotency, security, version."""
    rows: list[tuple[str, ...]] = [
        ("operation", "kind", "resource", "items", "paging", "idempotency", "security", "version")
    ]
    server = next((version.value for version in versions_of(api) if version.strategy == "server"), "")
    for operation in api.operations:
        understood = understand(operation)
        shown = version_in(operation.path)
        rows.append(
            (
                operation.name,
                f"{understood.kind} ({understood.purpose})" if understood.purpose else understood.kind,
                "/".join(understood.hierarchy),
                (understood.items.name or "(root)") if understood.items else "",
                understood.paging.style,
                understood.idempotency,
                ", ".join(" + ".join(requirement) or "none" for requirement in operation.security) or "none",
                shown[0] if shown else server,
            )
        )
    return rows
