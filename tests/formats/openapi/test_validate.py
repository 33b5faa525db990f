"""Structure: the official schemas decide, our words explain; openapi-spec-validator is the oracle."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from archlint.api import Document, Source, parse
from archlint.formats.openapi import FORMAT

type Read = Callable[..., Document]

HEAD = 'info: {title: Orders, version: "1"}\n'
OK = "{responses: {200: {description: ok}}}"
_LARGEST = 120_000


def said(document: Document) -> list[tuple[str, str, str]]:
    return [
        (problem.message, "/".join(map(str, problem.at.pointer)), problem.at.path)
        for problem in FORMAT.validate(document)
        if problem.at is not None
    ]


def messages(read: Read, text: str, **parts: str) -> list[str]:
    return [message for message, _, _ in said(read(text, **parts))]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0", "3.7.0"])
def test_what_is_right_is_silent(read: Read, version: str) -> None:
    assert messages(read, f"openapi: {version}\n{HEAD}paths:\n  /orders: {{get: {OK}}}\n") == []


def test_versions_written_as_numbers_are_texts(read: Read) -> None:
    text = f"swagger: 2.0\ninfo: {{title: Orders, version: 1.0}}\npaths:\n  /orders: {{get: {OK}}}\n"
    assert messages(read, text) == []


@pytest.mark.parametrize("version", ["4.0.0", "1.2", "latest"])
def test_a_version_that_does_not_exist(read: Read, version: str) -> None:
    assert messages(read, f"openapi: {version}\n{HEAD}paths: {{}}\n") == [
        f"`{version}` is not a version of OpenAPI"
    ]


@pytest.mark.parametrize("version", ["3.1.0", "3.2.0"])
def test_schemas_follow_their_dialect(read: Read, version: str) -> None:
    text = (
        f"openapi: {version}\n{HEAD}components:\n  schemas:\n"
        "    Order: {type: object, properties: {total: {type: nmber}, count: {exclusiveMinimum: true}}}\n"
    )
    assert sorted(messages(read, text)) == [
        "`exclusiveMinimum` is `true` or `false`, not a number",
        "`type` is `nmber`, not one of `array`, `boolean`, `integer`, `null`, `number`, `object` …",
    ]
    assert messages(read, text + "jsonSchemaDialect: http://json-schema.org/draft-04/schema#\n") == []


def test_another_dialect_in_one_schema_is_left_alone(read: Read) -> None:
    text = (
        f"openapi: 3.1.0\n{HEAD}components:\n  schemas:\n"
        "    Order: {'$schema': 'http://json-schema.org/draft-04/schema#', exclusiveMinimum: true}\n"
    )
    assert messages(read, text) == []


def test_files_that_are_parts_are_checked_once(read: Read) -> None:
    document = read(
        f"""
        openapi: 3.0.3
        {HEAD}
        paths:
          /orders: {{$ref: "paths/orders.yaml"}}
          /archive: {{$ref: "paths/orders.yaml"}}
        """,
        paths__orders="""
        get:
          parameters: [{$ref: "../common.yaml#/limit"}]
          responses:
            200: {descripton: all}
        """,
        common="""
        limit: {name: limit, in: qery, schema: {type: integer}}
        unused: {in: nowhere}
        """,
    )
    assert sorted(said(document)) == [
        ("`descripton` is not a property of `200`", "get/responses/200/descripton", "paths/orders.yaml"),
        ("`in` is `qery`, not `query`", "limit/in", "common.yaml"),
    ]


def test_files_included_where_no_reference_belongs(read: Read) -> None:
    """A bundler puts such descriptions together; they are no faults of the author's."""
    text = f"""
        openapi: 3.0.3
        {HEAD}
        paths:
          /orders:
            get: {{$ref: "list.yaml"}}
          /items:
            get: {{$ref: "#/paths/~1orders/get"}}
        """
    found = messages(read, text, list=OK)
    assert found
    assert all("/paths/~1orders" not in message for message in found)
    assert {pointer.split("/")[1] for _, pointer, _ in said(read(text, list=OK))} == {""}


def test_paths(read: Read) -> None:
    document = read(
        f"""
        openapi: 3.1.0
        {HEAD}
        paths:
          /orders/{{id}}:
            parameters:
            - {{name: id, in: path, required: true, schema: {{type: string}}}}
            get: {OK}
          /orders/{{key}}:
            get:
              parameters:
              - {{name: key, in: path, required: true, schema: {{type: string}}}}
              - {{name: page, in: query, schema: {{type: integer}}}}
              - {{name: page, in: query, schema: {{type: string}}}}
              responses: {{200: {{description: ok}}}}
            put: {OK}
          /orders/{{order}}/items:
            get:
              parameters: [{{name: item, in: path, required: true, schema: {{type: string}}}}]
              responses: {{200: {{description: ok}}}}
          /files/{{path+}}:
            get:
              parameters: [{{name: path, in: path, required: true, schema: {{type: string}}}}]
              responses: {{200: {{description: ok}}}}
        """
    )
    assert [message for message, _, _ in said(document)] == [
        "`/orders/{key}` fits the same requests as `/orders/{id}`",
        "parameter `page` in query is declared twice",
        "`PUT /orders/{key}` does not say what `key` in its path is",
        "`GET /orders/{order}/items` does not say what `order` in its path is",
        "path parameter `item` is no part of `/orders/{order}/items`",
    ]


def test_templates_with_different_methods_are_no_twins(read: Read) -> None:
    path = "{parameters: [{name: %s, in: path, required: true, schema: {type: string}}], %s: " + OK + "}"
    text = f"openapi: 3.1.0\n{HEAD}paths:\n  /a/{{b}}: {path % ('b', 'get')}\n  /a/{{c}}: {path % ('c', 'put')}\n"
    assert messages(read, text) == []


def test_parameters_that_are_not_here_may_be_declared_there(read: Read) -> None:
    text = f"""
        openapi: 3.1.0
        {HEAD}
        paths:
          /orders/{{id}}:
            get:
              parameters: [{{$ref: "elsewhere.yaml#/id"}}]
              responses: {{200: {{description: ok}}}}
        """
    assert messages(read, text) == []


def oracle(document: Document) -> bool | None:
    """Return whether openapi-spec-validator accepts; `None` where it gives up or says what is another rule's business."""
    import openapi_spec_validator as peer  # noqa: PLC0415 - half a second that other tests need not wait

    kinds = {
        "swagger 2.0": peer.OpenAPIV2SpecValidator,
        "openapi 3.0": peer.OpenAPIV30SpecValidator,
        "openapi 3.1": peer.OpenAPIV31SpecValidator,
        "openapi 3.2": peer.OpenAPIV32SpecValidator,
    }
    kind = FORMAT.sniff(document)
    if kind not in kinds:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for error in kinds[kind](document.data).iter_errors():
                if type(
                    error
                ).__name__ == "DuplicateOperationIDError" or "Unknown JSON Schema dialect" in str(error):
                    return None
                return False
        except Exception:  # noqa: BLE001 - references it cannot follow, and its own crashes
            return None
    return True


@pytest.mark.parametrize("folder", ["Mermade__openapi3-examples", "OAI__OpenAPI-Specification"])
def test_agrees_with_the_oracle(shared: Path, folder: str) -> None:
    compared = 0
    for path in sorted((shared / "corpus" / "invalid" / folder).rglob("*")):
        if path.suffix not in {".json", ".yaml"} or not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        for document in parse(Source(path.name, path.read_bytes())).documents:
            numbers = isinstance(document.data, dict) and (
                isinstance(document.data.get("swagger"), float)
                or isinstance((document.data.get("info") or {}).get("version"), float)
            )
            verdict = None if numbers else oracle(document)
            if verdict is not None:
                compared += 1
                assert (not list(FORMAT.validate(document))) is verdict, path
    assert compared > 20
