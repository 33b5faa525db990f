"""What no schema sees in paths: templates that fit the same requests, and parameters that do not fit the template."""

from collections.abc import Iterator

from archlint.api import Problem, Related, follow, regex
from archlint.formats.openapi.base import View
from archlint.formats.openapi.content import Parameter
from archlint.formats.openapi.views import OpenAPI, Operation, PathItem

_PLACEHOLDER = regex(r"\{([^{}]+)\}")
_NAME = regex(r"[^+*=:?]*")


def templates(api: OpenAPI) -> Iterator[Problem]:
    """Yield what is ambiguous, undeclared, unused or said twice in the paths of *api* (OAS 3.1.1 §4.8.8, §4.8.12)."""
    seen: dict[tuple[str, str], PathItem] = {}
    told: set[Parameter] = set()
    for item in api.paths:
        yield from _twins(item, seen)
        yield from _repeated(item)
        for operation in item.operations:
            yield from _repeated(operation)
            yield from _undeclared(operation)
            yield from _unused(operation, told)


def _twins(item: PathItem, seen: dict[tuple[str, str], PathItem]) -> Iterator[Problem]:
    shape = _PLACEHOLDER.sub("{}", item.path)
    methods = [operation.method for operation in item.operations]
    twin = next((seen[method, shape] for method in methods if (method, shape) in seen), None)
    if twin is not None:
        yield Problem(
            f"`{item.path}` fits the same requests as `{twin.path}`",
            item.key,
            help="keep one of the two",
            related=(Related("the other path", twin.key),),
        )
    for method in methods:
        seen.setdefault((method, shape), item)


def _repeated(node: View) -> Iterator[Problem]:
    """Yield parameters that one list holds twice: names are unique by place (OAS 3.1.1 §4.8.10)."""
    seen: dict[tuple[str, str], int] = {}
    for index, value in enumerate(node.items("parameters")):
        found = follow(node.document, (*node.pointer, "parameters", index), value)
        if found is None or not isinstance(found[2], dict):
            continue
        name, place = found[2].get("name"), found[2].get("in")
        if not isinstance(name, str) or not isinstance(place, str):
            continue
        first = seen.setdefault((name, place), index)
        in_schema = node.root.version < (3, 1) and value == node.items("parameters")[first]
        if first != index and not in_schema:
            yield Problem(
                f"parameter `{name}` in {place} is declared twice",
                node.at("parameters", index),
                help="remove one of them",
                related=(Related("first declared here", node.at("parameters", first)),),
            )


def _undeclared(operation: Operation) -> Iterator[Problem]:
    declared = {parameter.name for parameter in operation.parameters if parameter.place == "path"}
    missing = [
        name
        for name in dict.fromkeys(_PLACEHOLDER.findall(operation.path))
        if name not in declared and _bare(name) not in declared
    ]
    if not missing or _has_unresolved(operation) or _has_unresolved(operation.item):
        return
    for name in missing:
        yield Problem(
            f"`{operation.name}` does not say what `{name}` in its path is",
            operation.key,
            help=f"add a parameter `{name}` with `in: path`",
        )


def _has_unresolved(node: View) -> bool:
    return any(
        follow(node.document, (*node.pointer, "parameters", index), value) is None
        for index, value in enumerate(node.items("parameters"))
    )


def _unused(operation: Operation, told: set[Parameter]) -> Iterator[Problem]:
    placeholders = _PLACEHOLDER.findall(operation.path)
    names = {*placeholders, *map(_bare, placeholders)}
    for parameter in operation.parameters:
        if parameter.place != "path" or parameter.name in names or not parameter.name or parameter in told:
            continue
        told.add(parameter)
        yield Problem(
            f"path parameter `{parameter.name}` is no part of `{operation.path}`",
            parameter.location,
            help="put it into the path in braces, or remove the parameter",
            related=(Related("used here", operation.key),),
        )


def _bare(placeholder: str) -> str:
    """Return the name in a placeholder with a modifier: `{path+}`, `{name=projects/*}`, `{id:[0-9]+}`."""
    match = _NAME.match(placeholder)
    return match.group() if match else placeholder
