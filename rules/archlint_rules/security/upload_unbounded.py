"""An upload of any size.

## Why is this bad?

Disks fill, memory runs out, scanners and thumbnails take hours; one request is enough.

## How to fix

Set `maxLength` on the file, or declare the 413 response and say the limit in the description.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, regex, rule
from archlint.formats.openapi import Operation, Schema
from archlint.formats.openapi.words import bare

_LIMIT = regex(
    r"\b\d+\s?(?:[kmgt]i?b|bytes|megabytes|gigabytes|kilobytes)\b|(?:size|length) limit|max(?:imum)? (?:file |upload )?size|pre-?signed|signed url",
    re.IGNORECASE,
)
_LENGTHS = ("maxLength", "x-max-size", "x-maxSize")

_SPEC = """
openapi: {version}
info: {{title: Files, version: 1.0.0}}
paths:
  /files:
    post:
      description: {description}
      requestBody:
        content:
          {media}:
            {schema}
      responses: {{"201": {{description: ok}}{response}}}
"""
_FORM = "schema: {type: object, properties: {file: {type: string, format: binary%s}}}"


def _spec(
    schema: str,
    *,
    media: str = "multipart/form-data",
    version: str = "3.0.3",
    description: str = "Add a file",
    response: str = "",
) -> str:
    return _SPEC.format(
        schema=schema, media=media, version=version, description=description, response=response
    )


@rule(
    id="upload-unbounded",
    category="security",
    severity=Severity.WARNING,
    profile="strict",
    subject=Operation,
    since="0.1.0",
    references=("https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",),
    applies=lambda operation: (
        operation.kind == "path" and operation.method in {"POST", "PUT", "PATCH"} and bool(_files(operation))
    ),
    aggregate=True,
    examples=(
        Bad(_spec(_FORM % "").replace("    post:", "    post:  # <- `POST /files` takes files of any size")),
        Bad(
            _spec("x-none: true", media="application/octet-stream", version="3.1.0").replace(
                "    post:", "    post:  # <- `POST /files` takes files of any size"
            ),
            "a binary body in 3.1",
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Files, version: 1.0.0}
            paths:
              /files:
                post:  # <- `POST /files` takes files of any size
                  consumes: [multipart/form-data]
                  parameters: [{name: file, in: formData, type: file}]
                  responses: {"201": {description: ok}}
            """,
            "Swagger 2.0",
        ),
        Good(_spec(_FORM % ", maxLength: 1000000")),
        Good(_spec(_FORM % "", response=', "413": {description: The file is too large}')),
        Good(_spec(_FORM % "", description="Add a file of up to 10 MB")),
        Good(
            _spec(_FORM % "", description="Uploads to a presigned URL of the store"), "the store has limits"
        ),
        Good(
            """
            openapi: 3.0.3
            info: {title: Files, version: 1.0.0}
            paths:
              /uploads/{id}:
                put:
                  parameters: [{name: Content-Range, in: header, schema: {type: string}}]
                  requestBody: {content: {application/octet-stream: {schema: {type: string, format: binary}}}}
                  responses: {"200": {description: ok}}
            """,
            "a part of a file, whose session knows the size",
        ),
    ),
)
def upload_unbounded(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report uploads without a length, a 413 response or a limit in words."""
    del context
    files = _files(operation)
    parts = any(bare(parameter.name) == "contentrange" for parameter in operation.parameters)
    if (
        parts
        or "413" in operation.responses
        or any(schema.keyword(key) is not None for schema in files for key in _LENGTHS)
    ):
        return
    said = [operation.description, operation.body.description if operation.body else ""]
    said += [str(schema.keyword("description") or "") for schema in files]
    if not _LIMIT.search(" ".join(said)):
        yield Problem(
            f"`{operation.name}` takes files of any size",
            operation.key,
            help="set `maxLength`, or declare 413 and say the limit",
        )


def _files(operation: Operation) -> list[Schema]:
    """Return the schemas of what is uploaded: binary bodies and the binary parts of forms."""
    if operation.root.is_swagger:
        return [
            Schema(parameter.document, parameter.pointer, parameter.data)
            for parameter in operation.all_parameters
            if parameter.place == "formData" and parameter.get("type") == "file"
        ]
    found = []
    for name, media in (operation.body.content if operation.body is not None else {}).items():
        schema = media.schema or Schema(media.document, media.pointer, {})
        if name.startswith(("application/octet-stream", "image/", "video/", "audio/")):
            found.append(schema)
        elif name.startswith("multipart/"):
            parts = [
                value.element if value.is_array and value.element is not None else value
                for value in schema.properties.values()
            ]
            found.extend(
                part
                for part in parts
                if part.format == "binary" or part.keyword("contentMediaType") == "application/octet-stream"
            )
    return found
