"""The structure of AsyncAPI 2 and 3 as JSON Schemas of our own, made from the objects that the specifications define.

Each object is one line: its required fields and its fields; `x-` extensions are allowed in all. Bindings and payloads are left open:
they follow specifications of their own.
"""

from typing import Any

_OLDEST, _NEWEST = 2, 3
_ANY: dict[str, Any] = {}
_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
_TEXTS = {"type": "array", "items": _TEXT}
_MAP = {"type": "object"}
_SCHEMA = {"type": ["object", "boolean"]}


def _is(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _or_reference(name: str) -> dict[str, Any]:
    """Return a schema of an object or of a reference to one: what has a `$ref` is a reference."""
    return {"if": {"type": "object", "required": ["$ref"]}, "then": _is("reference"), "else": _is(name)}


def _map_of(schema: dict[str, Any], *, pattern: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "additionalProperties": schema}
    return found | ({"propertyNames": {"pattern": pattern}} if pattern else {})


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _object(required: tuple[str, ...] = (), /, **fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {name.rstrip("_"): schema for name, schema in fields.items()},
        "patternProperties": {r"^x-[\w.\-]+$": True},
        "additionalProperties": False,
    }


def _common(major: int) -> dict[str, dict[str, Any]]:
    tags = _list_of(_or_reference("tag")) | ({"uniqueItems": True} if major == _NEWEST else {})
    flow = {
        "authorizationUrl": _TEXT,
        "tokenUrl": _TEXT,
        "refreshUrl": _TEXT,
        ("availableScopes" if major == _NEWEST else "scopes"): _map_of(_TEXT),
    }
    documents = _or_reference("externalDocs")
    named = {"title": _TEXT, "summary": _TEXT, "description": _TEXT}
    about = named | {"tags": tags, "externalDocs": documents}
    message = {
        "contentType": _TEXT, "headers": _SCHEMA, "correlationId": _or_reference("correlationId"), "name": _TEXT, "deprecated": _FLAG,
        "examples": _list_of(_object(name=_TEXT, summary=_TEXT, headers=_MAP, payload=_ANY) if major == _NEWEST else _MAP), "bindings": _MAP, **about,
    }  # fmt: skip
    return {
        "reference": {"type": "object", "required": ["$ref"], "properties": {"$ref": _TEXT}},
        "contact": _object(name=_TEXT, url=_TEXT, email=_TEXT),
        "license": _object(("name",), name=_TEXT, url=_TEXT),
        "tag": _object(("name",), name=_TEXT, description=_TEXT, externalDocs=documents),
        "externalDocs": _object(("url",), url=_TEXT, description=_TEXT),
        "correlationId": _object(
            ("location",),
            location={"type": "string", "pattern": r"^\$message\.(header|payload)#(/.*)?"},
            description=_TEXT,
        ),
        "serverVariable": _object(enum=_TEXTS, default=_TEXT, description=_TEXT, examples=_TEXTS),
        "securityScheme": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {
                    "enum": [
                        "userPassword",
                        "apiKey",
                        "X509",
                        "symmetricEncryption",
                        "asymmetricEncryption",
                        "httpApiKey",
                        "http",
                        "oauth2",
                        "openIdConnect",
                        "plain",
                        "scramSha256",
                        "scramSha512",
                        "gssapi",
                    ]
                },
                "description": _TEXT,
                "flows": _object(
                    implicit=_object(**flow),
                    password=_object(**flow),
                    clientCredentials=_object(**flow),
                    authorizationCode=_object(**flow),
                ),
            },
            "allOf": [
                _when("apiKey", "in", {"in": {"enum": ["user", "password"]}}),
                _when(
                    "httpApiKey", "in", {"in": {"enum": ["header", "query", "cookie"]}, "name": _TEXT}, "name"
                ),
                _when("http", "scheme", {"scheme": _TEXT}),
                _when("oauth2", "flows", {"flows": _MAP}),
                _when("openIdConnect", "openIdConnectUrl", {"openIdConnectUrl": _TEXT}),
            ],
        },
        "messageFields": message,
        "messageTrait": _object(
            **message, **({"messageId": _TEXT, "schemaFormat": _TEXT} if major == _OLDEST else {})
        ),
        "about": about,
    }


def _when(kind: str, needed: str, properties: dict[str, Any], *more: str) -> dict[str, Any]:
    return {
        "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
        "then": {"required": [needed, *more], "properties": properties},
    }


def version_3() -> dict[str, Any]:
    """Return the schema of AsyncAPI 3."""
    defs = _common(_NEWEST)
    message, about = defs.pop("messageFields"), defs.pop("about")
    defs |= {
        "info": _object(
            ("title", "version"), version=_TEXT, termsOfService=_TEXT, contact=_is("contact"), license=_is("license"),
            title=_TEXT, description=_TEXT, tags=about["tags"], externalDocs=about["externalDocs"],
        ),
        "server": _object(
            ("host", "protocol"), host=_TEXT, protocol=_TEXT, protocolVersion=_TEXT, pathname=_TEXT,
            variables=_map_of(_or_reference("serverVariable")), security=_list_of(_or_reference("securityScheme")), bindings=_MAP, **about,
        ),
        "message": _object(**message, payload=_SCHEMA, traits=_list_of(_or_reference("messageTrait"))),
        "parameter": _object(enum=_TEXTS, default=_TEXT, description=_TEXT, examples=_TEXTS, location=_TEXT),
        "channel": _object(
            address={"type": ["string", "null"]}, messages=_map_of(_or_reference("message")), servers=_list_of(_is("reference")),
            parameters=_map_of(_or_reference("parameter"), pattern=r"^[A-Za-z0-9_\-]+$"), bindings=_MAP, **about,
        ),
        "operationTrait": _object(security=_list_of(_or_reference("securityScheme")), bindings=_MAP, **about),
        "replyAddress": _object(("location",), location=_TEXT, description=_TEXT),
        "reply": _object(address=_or_reference("replyAddress"), channel=_is("reference"), messages=_list_of(_is("reference"))),
        "operation": _object(
            ("action", "channel"), action={"enum": ["send", "receive"]}, channel=_is("reference"), messages=_list_of(_is("reference")),
            reply=_or_reference("reply"), traits=_list_of(_or_reference("operationTrait")),
            security=_list_of(_or_reference("securityScheme")), bindings=_MAP, **about,
        ),
    }  # fmt: skip
    components = {
        "schemas": _map_of(_SCHEMA),
        **{
            plural: _map_of(_or_reference(one))
            for plural, one in (
                ("servers", "server"), ("channels", "channel"), ("operations", "operation"), ("messages", "message"),
                ("securitySchemes", "securityScheme"), ("serverVariables", "serverVariable"), ("parameters", "parameter"),
                ("correlationIds", "correlationId"), ("replies", "reply"), ("replyAddresses", "replyAddress"), ("externalDocs", "externalDocs"),
                ("tags", "tag"), ("operationTraits", "operationTrait"), ("messageTraits", "messageTrait"),
            )
        },
        **{f"{name}Bindings": _MAP for name in ("server", "channel", "operation", "message")},
    }  # fmt: skip
    return _document(
        _NEWEST,
        defs,
        components,
        operations=_map_of(_or_reference("operation")),
        channels=_map_of(_or_reference("channel")),
    )


def version_2() -> dict[str, Any]:
    """Return the schema of AsyncAPI 2."""
    defs = _common(_OLDEST)
    message, about = defs.pop("messageFields"), defs.pop("about")
    requirements = _list_of(_map_of(_TEXTS))
    operation = {
        "operationId": _TEXT,
        "security": requirements,
        "bindings": _MAP,
        **{key: about[key] for key in ("summary", "description", "tags", "externalDocs")},
    }
    defs |= {
        "info": _object(("title", "version"), title=_TEXT, version=_TEXT, description=_TEXT, termsOfService=_TEXT, contact=_is("contact"), license=_is("license")),
        "server": _object(
            ("url", "protocol"), url=_TEXT, protocol=_TEXT, protocolVersion=_TEXT, description=_TEXT, tags=about["tags"],
            variables=_map_of(_or_reference("serverVariable")), security=requirements, bindings=_MAP,
        ),
        "message": {
            "if": {"type": "object", "required": ["oneOf"]},
            "then": _object(("oneOf",), oneOf=_list_of(_or_reference("message"))),
            "else": _object(**message, payload=_ANY, schemaFormat=_TEXT, messageId=_TEXT, traits=_list_of({})),
        },
        "parameter": _object(description=_TEXT, schema=_SCHEMA, location=_TEXT),
        "operationTrait": _object(**operation),
        "operation": _object(**operation, message=_or_reference("message"), traits=_list_of({})),
        "channel": _object(
            description=_TEXT, servers=_TEXTS, subscribe=_is("operation"), publish=_is("operation"),
            parameters=_map_of(_or_reference("parameter")), bindings=_MAP, **{"$ref": _TEXT},
        ),
    }  # fmt: skip
    components = {
        "schemas": _map_of(_SCHEMA),
        **{
            plural: _map_of(_or_reference(one))
            for plural, one in (
                ("servers", "server"), ("channels", "channel"), ("messages", "message"), ("securitySchemes", "securityScheme"),
                ("serverVariables", "serverVariable"), ("parameters", "parameter"), ("correlationIds", "correlationId"),
                ("operationTraits", "operationTrait"), ("messageTraits", "messageTrait"),
            )
        },
        **{f"{name}Bindings": _MAP for name in ("server", "channel", "operation", "message")},
    }  # fmt: skip
    document = _document(
        _OLDEST,
        defs,
        components,
        tags=about["tags"],
        externalDocs=about["externalDocs"],
        channels=_map_of(_is("channel")),
    )
    document["required"] = ["asyncapi", "info", "channels"]
    return document


def _document(
    major: int, defs: dict[str, Any], components: dict[str, Any], **fields: dict[str, Any]
) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_object(
            ("asyncapi", "info"),
            asyncapi={"type": "string", "pattern": rf"^{major}\.\d+\.\d+(-.+)?$"},
            id={"type": "string"},
            info=_is("info"),
            defaultContentType=_TEXT,
            servers=_map_of(
                _or_reference("server"), pattern=r"^[A-Za-z0-9_\-]+$" if major == _OLDEST else r"^[\w.\-]+$"
            ),
            components=_object(**components),
            **fields,
        ),
        "$defs": defs,
    }
