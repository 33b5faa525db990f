"""Facts of a description: the API, its operations, and the styles that can be compared across APIs."""

from collections.abc import Iterator
from hashlib import sha256
from json import dumps

from archlint.api import ApiFact, Fact, Location, OperationFact
from archlint.formats.openapi.authentication import authentication_of, is_for_partners
from archlint.formats.openapi.exchanges import Exchanges
from archlint.formats.openapi.styles import styles_of
from archlint.formats.openapi.understanding import understand
from archlint.formats.openapi.versions import version_in, versions_of
from archlint.formats.openapi.views import OpenAPI, Operation

_MOST_OPERATIONS = 3_000


def facts_of(api: OpenAPI) -> Iterator[Fact]:
    """Yield the fact that somebody provides *api*."""
    if not api.operations and not api.webhooks:
        return
    exchanges = Exchanges(api)
    operations = tuple(_operation(operation, exchanges) for operation in api.operations[:_MOST_OPERATIONS])
    yield ApiFact(
        at=api.at("info", "title"),
        extractor="openapi",
        confidence=0.7,
        format="openapi",
        title=api.title,
        version=str(api.get("info", "version", default="") or ""),
        visibility="internal" if api.is_internal else "partner" if is_for_partners(api) else "",
        servers=tuple(url for url, _ in api.servers),
        operations=operations,
        traits=_traits(api),
        schemas=_schemas(api),
        shapes=exchanges.shapes,
    )


def _operation(operation: Operation, exchanges: Exchanges) -> OperationFact:
    return OperationFact(
        name=operation.name,
        at=operation.key,
        method=operation.method,
        path=operation.path,
        operation_id=operation.id,
        deprecated=operation.is_deprecated,
        idempotent=operation.method not in {"POST", "PATCH"} or _is_repeatable(operation),
        secured=bool(operation.security),
        streaming="sse" if _is_stream(operation) else "",
        exchange=exchanges.of(operation),
    )


def _is_repeatable(operation: Operation) -> bool:
    """Tell whether a repeated POST or PATCH does no harm: it takes a key, only asks, or conflicts with its first self (409)."""
    understood = understand(operation)
    return (
        bool(understood.idempotency)
        or understood.purpose in {"search", "login"}
        or "409" in operation.responses
    )


def _is_stream(operation: Operation) -> bool:
    return any(
        name.partition(";")[0].strip().lower() == "text/event-stream"
        for response in operation.responses.values()
        if response.is_success
        for name in response.content
    )


def _traits(api: OpenAPI) -> dict[str, list[tuple[str, Location]]]:
    traits: dict[str, list[tuple[str, Location]]] = {}
    versions = versions_of(api)
    strategy = next(
        (
            name
            for name in ("path", "server", "header", "media-type", "query")
            if any(v.strategy == name for v in versions)
        ),
        "none",
    )
    at = next((version.at for version in versions), api.at("info", "version"))
    traits["version-strategy"] = [("url" if strategy in {"path", "server"} else strategy, at)]
    shown = {item.path for item in api.paths if version_in(item.path) is not None}
    if (
        shown
        and len(shown) < len(api.paths)
        and not any(version.strategy == "server" for version in versions)
    ):
        traits["paths-with-version"] = [(str(len(shown)), at)]
        traits["path-without-version"] = [
            (item.path, item.key) for item in api.paths if item.path not in shown
        ]
    styles: dict[str, Location] = {}
    for operation in api.operations:
        understood = understand(operation)
        if understood.kind == "list" and understood.paging.style in {"cursor", "offset", "page"}:
            styles.setdefault(understood.paging.style, operation.key)
    traits["paging"] = list(styles.items())
    limited = [operation.key for operation in api.operations if "429" in operation.responses]
    traits.update({"rate-limit": [("429", limited[0])]} if limited else {})
    ways = list(authentication_of(api))
    traits.update({"authentication": ways} if ways else {})
    traits.update((name, [trait]) for name, trait in styles_of(api))
    return traits


def _schemas(api: OpenAPI) -> dict[str, tuple[str, Location]]:
    keys = ("definitions",) if api.is_swagger else ("components", "schemas")
    found = {}
    for name, schema in api.mapping(*keys).items():
        if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
            shape = {
                key: (value.get("type"), value.get("$ref"))
                for key, value in schema["properties"].items()
                if isinstance(value, dict)
            }
            text = dumps(shape, sort_keys=True, default=str)
            found[name] = (
                sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12],
                api.at(*keys, name, on_key=True),
            )
    return found
