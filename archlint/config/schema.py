"""The JSON Schema of the configuration, made of what is installed: editors complete rule ids and options with it."""

from typing import Any

from archlint.config.load import FAIL_ON, SEVERITIES
from archlint.plugins.registry import Registry
from archlint.rule.rule import PROFILES, Rule


def configuration_schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `.archlint.yaml` and `[tool.archlint]`."""
    import msgspec  # noqa: PLC0415

    rules = registry.rules
    kinds = {rule.options for rule in rules.values()}
    ordered = sorted(kinds, key=lambda kind: (kind.__module__, kind.__qualname__))
    described, definitions = msgspec.json.schema_components(ordered, ref_template="#/$defs/{name}")
    options = {
        kind: definitions[schema["$ref"].rpartition("/")[2]]
        for kind, schema in zip(ordered, described, strict=True)
    }
    categories = sorted({rule.category for rule in rules.values()})
    names = {"enum": ["all", *categories, *rules]}
    choice = {
        "select": _some(names, "Run these rules or categories only."),
        "ignore": _some(names, "Do not run these rules or categories."),
        "rules": {
            "description": "The severity and the options of single rules.",
            "type": "object",
            "properties": {name: _rule(rule, options[rule.options]) for name, rule in rules.items()},
            "additionalProperties": False,
        },
    }
    text = {"type": "string"}
    override = {
        "type": "object",
        "properties": {
            "paths": _some(text, "The files that this is about, as globs."),
            "services": _some(text, "The services that this is about, as globs."),
            **{name: {"$ref": f"#/properties/{name}"} for name in choice},
        },
        "anyOf": [{"required": ["paths"]}, {"required": ["services"]}],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of archlint",
        "type": "object",
        "properties": {
            "extends": _some(
                text, "Files, or `package:NAME` for the profile of a plugin, that this adds to."
            ),
            "profile": {
                "description": "The choice of rules to start from.",
                "enum": [*PROFILES, *sorted(registry.profiles)],
            },
            **choice,
            "exclude": _some(text, "Globs of files that are not checked."),
            "complete": _some(
                text, "Globs of folders that hold a whole system: what is not in them does not exist."
            ),
            "overrides": {
                "description": "What is different for some files or services.",
                "type": "array",
                "items": override,
            },
            "fail-on": {
                "description": "The least severity that makes the exit status 1.",
                "enum": list(FAIL_ON),
            },
            "baseline": {"description": "The file of known findings.", **text},
            "jobs": {
                "description": "Processes: a number, or `auto`.",
                "anyOf": [{"type": "integer", "minimum": 1}, {"const": "auto"}],
            },
            "rule-files": _some(text, "Folders or files of declarative rules."),
        },
        "additionalProperties": False,
        "$defs": {
            name: schema
            for name, schema in sorted(definitions.items())
            if not any(schema is known for known in options.values())
        },
    }


def _some(item: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "anyOf": [item, {"type": "array", "items": item}]}


def _rule(rule: Rule, options: dict[str, Any]) -> dict[str, Any]:
    severity = {"enum": [*SEVERITIES, False]}
    return {
        "description": rule.summary,
        "anyOf": [
            severity,
            {
                "type": "object",
                "properties": {"severity": severity, **options.get("properties", {})},
                "additionalProperties": False,
            },
        ],
    }
