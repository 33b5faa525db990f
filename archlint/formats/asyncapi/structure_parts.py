"""Parts that the schemas of AsyncAPI are made of."""

from typing import Any

type Schema = dict[str, Any]

ANY: Schema = {}
TEXT: Schema = {"type": "string"}
URI: Schema = {"type": "string", "format": "uri"}
FLAG: Schema = {"type": "boolean"}
TEXTS: Schema = {"type": "array", "items": TEXT}
MAP: Schema = {"type": "object"}
RUNTIME_EXPRESSION: Schema = {"type": "string", "pattern": r"^\$message\.(header|payload)#"}
_TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"]


def is_(name: str) -> Schema:
    """Return a reference to the definition *name*."""
    return {"$ref": f"#/definitions/{name}"}


def or_reference(name: str) -> Schema:
    """Return a schema of an object or of a reference to one: what has a `$ref` is a reference."""
    return {"if": {"type": "object", "required": ["$ref"]}, "then": is_("reference"), "else": is_(name)}


def map_of(schema: Schema, *, keys: str = "") -> Schema:
    """Return a schema of a mapping whose keys match *keys* and whose values match *schema*."""
    found: Schema = {"type": "object", "additionalProperties": schema}
    return found | ({"propertyNames": {"pattern": keys}} if keys else {})


def list_of(schema: Schema, *, unique: bool = False) -> Schema:
    """Return a schema of a list."""
    return {"type": "array", "items": schema} | ({"uniqueItems": True} if unique else {})


def object_(required: tuple[str, ...] = (), /, **fields: Schema) -> Schema:
    """Return a schema of an object that has *fields*, extensions and nothing else."""
    return {
        "type": "object",
        "required": list(required),
        "properties": fields,
        "patternProperties": {r"^x-[\w.\-]+$": True},
        "additionalProperties": False,
    }


def schema_object(name: str, documents: Schema, *, openapi: bool = False) -> Schema:
    """Return the schema of a Schema Object, named *name*: JSON Schema draft 7 with three fields more, or OpenAPI 3.0's."""
    self = is_(name)
    count = {"type": "integer", "minimum": 0}
    number = {"type": "number"}
    limit = FLAG if openapi else number
    one_or_many = {"if": {"type": "array"}, "then": list_of(self), "else": self}
    kinds = {"enum": _TYPES}
    many_kinds = {"type": "array", "items": kinds, "minItems": 1, "uniqueItems": True}
    properties: Schema = {
        "$ref": TEXT, "$id": TEXT, "$schema": TEXT, "$comment": TEXT, "title": TEXT, "description": TEXT, "format": TEXT, "pattern": TEXT,
        "type": {"if": {"type": "array"}, "then": many_kinds, "else": kinds},
        "enum": {"type": "array"}, "required": TEXTS | {"uniqueItems": True}, "examples": {"type": "array"},
        "multipleOf": number | {"exclusiveMinimum": 0}, "minimum": number, "maximum": number,
        "exclusiveMinimum": limit, "exclusiveMaximum": limit,
        "readOnly": FLAG, "writeOnly": FLAG, "uniqueItems": FLAG, "deprecated": FLAG,
        "items": one_or_many, "additionalItems": self, "additionalProperties": self, "contains": self, "propertyNames": self, "not": self,
        "if": self, "then": self, "else": self, "externalDocs": documents,
        "contentMediaType": TEXT, "contentEncoding": TEXT,
    }  # fmt: skip
    properties |= dict.fromkeys(("properties", "patternProperties", "definitions"), map_of(self))
    properties |= dict.fromkeys(("allOf", "anyOf", "oneOf"), list_of(self) | {"minItems": 1})
    properties |= {
        f"{side}{what}": count for side in ("min", "max") for what in ("Length", "Items", "Properties")
    }
    dependency = {"if": {"type": "array"}, "then": TEXTS, "else": self}
    properties |= {"discriminator": MAP if openapi else TEXT, "dependencies": map_of(dependency)}
    if openapi:
        properties |= {"nullable": FLAG, "xml": MAP}
        del properties["examples"]
    return {"type": ["object", "boolean"], "properties": properties}


def security_scheme(*, scopes: bool, sasl: bool) -> Schema:
    """Return the schema of a Security Scheme Object: what it holds depends on its `type`.

    *scopes* tells version 3, where a scheme lists the scopes it needs and a flow those it offers; *sasl* that SASL is known.
    """
    offered = "availableScopes" if scopes else "scopes"
    needed: dict[str, Schema] = {"scopes": TEXTS} if scopes else {}
    flows = object_(
        implicit=_flow(offered, "authorizationUrl", without="tokenUrl"),
        password=_flow(offered, "tokenUrl", without="authorizationUrl"),
        clientCredentials=_flow(offered, "tokenUrl", without="authorizationUrl"),
        authorizationCode=_flow(offered, "authorizationUrl", "tokenUrl"),
    )
    plain: dict[str, Schema] = {"type": TEXT, "description": TEXT}
    where = {"enum": ["header", "query", "cookie"]}
    kinds = {
        **dict.fromkeys(("userPassword", "X509", "symmetricEncryption", "asymmetricEncryption"), object_(**plain)),
        "apiKey": object_(("in",), **plain, **{"in": {"enum": ["user", "password"]}}),
        "httpApiKey": object_(("name", "in"), **plain, name=TEXT, **{"in": where}),
        "http": object_(("scheme",), **plain, scheme=TEXT, bearerFormat=TEXT),
        "oauth2": object_(("flows",), **plain, flows=flows, **needed) | {"additionalProperties": True},
        "openIdConnect": object_(("openIdConnectUrl",), **plain, openIdConnectUrl=URI, **needed),
    }  # fmt: skip
    if sasl:
        kinds |= dict.fromkeys(("plain", "scramSha256", "scramSha512", "gssapi"), object_(**plain))
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": list(kinds)}},
        "allOf": [
            {"if": {"required": ["type"], "properties": {"type": {"const": kind}}}, "then": schema}
            for kind, schema in kinds.items()
        ],
    }


def _flow(offered: str, *needed: str, without: str = "") -> Schema:
    urls: dict[str, Any] = dict.fromkeys(("authorizationUrl", "tokenUrl", "refreshUrl"), URI)
    if without:
        urls[without] = False
    return object_((*needed, offered), **urls, **{offered: map_of(TEXT)})
