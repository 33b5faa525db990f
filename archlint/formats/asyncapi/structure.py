"""The structure of AsyncAPI 2 and 3 as JSON Schemas of our own, made from the objects that the specifications define.

Each object is its required fields and its fields, with those that a later minor version brought; `x-` extensions are allowed in
all. Contents of bindings and of Avro and other foreign schemas are left open: they follow specifications of their own.
"""

from typing import Any

from archlint.formats.asyncapi.structure_parts import (
    ANY,
    FLAG,
    MAP,
    RUNTIME_EXPRESSION,
    TEXT,
    TEXTS,
    URI,
    Schema,
    is_,
    list_of,
    map_of,
    object_,
    or_reference,
    schema_object,
    security_scheme,
)

OLDER, NEWER = 2, 3
NEWEST_MINOR = {OLDER: 6, NEWER: 1}
_SCHEMA_FORMAT = r"^application/(vnd\.aai\.asyncapi|schema)[;+]"
_OPENAPI_FORMAT = r"^application/vnd\.oai\.openapi[;+]"
_PROTOCOLS = (
    "amqp", "amqp1", "anypointmq", "googlepubsub", "http", "ibmmq", "jms", "kafka", "mercury", "mqtt", "mqtt5", "nats",
    "pulsar", "redis", "ros2", "sns", "solace", "sqs", "stomp", "ws",
)  # fmt: skip
_KEY = r"^[A-Za-z0-9_\-]+$"


def version_3(minor: int) -> Schema:
    """Return the schema of AsyncAPI 3 and *minor*."""
    del minor
    documents = or_reference("externalDocs")
    bindings = or_reference("bindings")
    security = list_of(or_reference("securityScheme"))
    about = {
        "title": TEXT,
        "summary": TEXT,
        "description": TEXT,
        "tags": list_of(or_reference("tag"), unique=True),
        "externalDocs": documents,
    }
    message = about | {
        "contentType": TEXT, "headers": is_("anySchema"), "correlationId": or_reference("correlationId"), "name": TEXT,
        "deprecated": FLAG, "examples": list_of(_example()), "bindings": bindings,
    }  # fmt: skip
    defs = _shared(NEWER, documents) | {
        "info": _info(tags=about["tags"], externalDocs=documents),
        "bindings": object_(**dict.fromkeys(_PROTOCOLS, ANY)),
        "server": object_(
            ("host", "protocol"), host=TEXT, protocol=TEXT, protocolVersion=TEXT, pathname=TEXT,
            variables=map_of(or_reference("serverVariable")), security=security, bindings=bindings, **about,
        ),
        "anySchema": {
            "if": {"type": "object", "required": ["schema"]},
            "then": _multi_format("schema", {"type": "object", "properties": {"schemaFormat": TEXT}}),
            "else": is_("schema"),
        },
        "messageTrait": object_(**message),
        "message": object_(**message, payload=is_("anySchema"), traits=_traits("messageTrait")),
        "parameter": object_(enum=TEXTS, default=TEXT, description=TEXT, examples=TEXTS, location=RUNTIME_EXPRESSION),
        "channel": object_(
            address={"type": ["string", "null"]}, messages=map_of(or_reference("message")),
            servers=list_of(is_("reference"), unique=True), parameters=map_of(or_reference("parameter"), keys=_KEY),
            bindings=bindings, **about,
        ),
        "operationTrait": object_(security=security, bindings=bindings, **about),
        "replyAddress": object_(("location",), location=RUNTIME_EXPRESSION, description=TEXT),
        "reply": object_(
            address=or_reference("replyAddress"), channel=is_("reference"), messages=list_of(is_("reference"))
        ),
        "operation": object_(
            ("action", "channel"), action={"enum": ["send", "receive"]}, channel=is_("reference"),
            messages=list_of(is_("reference")), reply=or_reference("reply"), traits=list_of(or_reference("operationTrait")),
            security=security, bindings=bindings, **about,
        ),
    }  # fmt: skip
    components = {"schemas": map_of(is_("anySchema"))} | _maps(
        servers="server", channels="channel", operations="operation", messages="message", securitySchemes="securityScheme",
        serverVariables="serverVariable", parameters="parameter", correlationIds="correlationId", replies="reply",
        replyAddresses="replyAddress", externalDocs="externalDocs", tags="tag", operationTraits="operationTrait",
        messageTraits="messageTrait", serverBindings="bindings", channelBindings="bindings", operationBindings="bindings",
        messageBindings="bindings",
    )  # fmt: skip
    return _document(
        NEWER,
        defs,
        ("asyncapi", "info"),
        servers=map_of(or_reference("server")),
        operations=map_of(or_reference("operation")),
        channels=map_of(or_reference("channel")),
        components=object_(**components),
    )


def version_2(minor: int) -> Schema:
    """Return the schema of AsyncAPI 2 and *minor*."""

    def since(first: int, **fields: Schema) -> dict[str, Schema]:
        return fields if minor >= first else {}

    documents = is_("externalDocs")
    requirements = list_of(map_of(TEXTS | {"uniqueItems": True}))
    tags = list_of(is_("tag"), unique=True)
    about = {"summary": TEXT, "description": TEXT, "tags": tags, "externalDocs": documents}
    operation = {"operationId": TEXT, "bindings": MAP, **about, **since(4, security=requirements)}
    headers = {"allOf": [is_("schema"), {"properties": {"type": {"const": "object"}}}]}
    message = about | {
        "title": TEXT, "contentType": TEXT, "headers": headers, "correlationId": or_reference("correlationId"), "name": TEXT,
        "deprecated": FLAG, "examples": list_of(_example() if minor >= 1 else MAP), "bindings": MAP, "schemaFormat": TEXT,
        **since(4, messageId=TEXT),
    }  # fmt: skip
    whole_message = object_(**message, payload=ANY, traits=_traits("messageTrait"))
    defs = _shared(OLDER, documents, minor) | {
        "info": _info(),
        "server": object_(
            ("url", "protocol"), url=TEXT, protocol=TEXT, protocolVersion=TEXT, description=TEXT, security=requirements,
            variables=map_of(or_reference("serverVariable")), bindings=MAP, **since(5, tags=tags),
        ),
        "messageTrait": object_(**message),
        "message": {
            "if": {"type": "object", "required": ["oneOf"]},
            "then": object_(("oneOf",), oneOf=list_of(or_reference("message"))),
            "else": _multi_format("payload", whole_message, unless=["traits"]),
        },
        "parameter": object_(description=TEXT, schema=is_("schema"), location=RUNTIME_EXPRESSION),
        "operationTrait": object_(**operation),
        "operation": object_(**operation, message=or_reference("message"), traits=_traits("operationTrait")),
        "channel": object_(
            description=TEXT, subscribe=is_("operation"), publish=is_("operation"), deprecated=FLAG, bindings=MAP,
            parameters=map_of(or_reference("parameter"), keys=_KEY), **since(2, servers=TEXTS | {"uniqueItems": True}), **{"$ref": TEXT},
        ),
    }  # fmt: skip
    channels = map_of(is_("channel"))
    components = {"schemas": map_of(is_("schema"))} | _maps(
        messages="message", securitySchemes="securityScheme", parameters="parameter", correlationIds="correlationId",
        operationTraits="operationTrait", messageTraits="messageTrait",
    )  # fmt: skip
    components |= {f"{name}Bindings": map_of(MAP) for name in ("server", "channel", "operation", "message")}
    components |= since(3, servers=map_of(or_reference("server")), channels=channels)
    components |= since(4, serverVariables=map_of(or_reference("serverVariable")))
    return _document(
        OLDER,
        defs,
        ("asyncapi", "info", "channels"),
        servers=map_of(or_reference("server")),
        tags=tags,
        externalDocs=documents,
        channels=channels,
        components=object_(**components),
    )


def _shared(major: int, documents: Schema, minor: int = 0) -> dict[str, Schema]:
    return {
        "reference": {"type": "object", "required": ["$ref"], "properties": {"$ref": TEXT}},
        "contact": object_(name=TEXT, url=URI, email={"type": "string", "format": "email"}),
        "license": object_(("name",), name=TEXT, url=URI),
        "tag": object_(("name",), name=TEXT, description=TEXT, externalDocs=documents),
        "externalDocs": object_(("url",), url=URI, description=TEXT),
        "correlationId": object_(("location",), location=RUNTIME_EXPRESSION, description=TEXT),
        "serverVariable": object_(
            enum=TEXTS | {"uniqueItems": True}, default=TEXT, description=TEXT, examples=TEXTS
        ),
        "securityScheme": security_scheme(scopes=major == NEWER, sasl=major == NEWER or minor >= 1),
        "schema": schema_object("schema", documents),
        "openapiSchema": schema_object("openapiSchema", ANY, openapi=True),
    }


def _info(**more: Schema) -> Schema:
    return object_(
        ("title", "version"), title=TEXT, version=TEXT, description=TEXT, termsOfService=URI, contact=is_("contact"),
        license=is_("license"), **more,
    )  # fmt: skip


def _example() -> Schema:
    schema = object_(name=TEXT, summary=TEXT, headers=MAP, payload=ANY)
    return schema | {"anyOf": [{"required": ["payload"]}, {"required": ["headers"]}]}


def _traits(name: str) -> Schema:
    """Return the schema of a list of traits; a pair of a trait and its parameters was never forbidden by the tools."""
    return list_of({"if": {"type": "array"}, "then": list_of(ANY), "else": or_reference(name)})


def _multi_format(key: str, schema: Schema, unless: list[str] | None = None) -> Schema:
    """Return *schema* whose *key* is a schema of ours unless `schemaFormat` (of a trait, perhaps) says something else."""
    ours = {
        "anyOf": [
            {
                "required": ["schemaFormat"],
                "properties": {"schemaFormat": {"type": "string", "pattern": _SCHEMA_FORMAT}},
            },
            {"not": {"anyOf": [{"required": [name]} for name in ("schemaFormat", *(unless or []))]}},
        ]
    }
    openapi = {
        "required": ["schemaFormat"],
        "properties": {"schemaFormat": {"type": "string", "pattern": _OPENAPI_FORMAT}},
    }
    return schema | {
        "allOf": [
            {"if": ours, "then": {"properties": {key: is_("schema")}}},
            {"if": openapi, "then": {"properties": {key: or_reference("openapiSchema")}}},
        ]
    }


def _maps(**names: str) -> dict[str, Schema]:
    return {plural: map_of(or_reference(one)) for plural, one in names.items()}


def _document(
    major: int, defs: dict[str, Schema], required: tuple[str, ...], **fields: dict[str, Any]
) -> Schema:
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **object_(
            required,
            asyncapi={"type": "string", "pattern": rf"^{major}\.\d+\.\d+(-.+)?$"},
            id=URI,
            info=is_("info"),
            defaultContentType=TEXT,
            **fields,
        ),
        "definitions": defs,
    }
