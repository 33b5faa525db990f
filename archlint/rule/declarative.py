"""Rules written in YAML: a JSON Schema on a subject, a message, a page, examples. Data only, so a repository may bring its own."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from msgspec import Struct

from archlint.errors import ConfigError
from archlint.findings.problem import Problem
from archlint.findings.severity import Severity
from archlint.model.graph import Datastore, Dependency, Service, Topic
from archlint.rule.rule import PROFILES, Bad, Context, Example, Good, Rule
from archlint.rule.structure import Structure
from archlint.source.document import Document, Node
from archlint.source.parse import parse
from archlint.source.patterns import regex
from archlint.source.source import Source

_EXAMPLE: dict[str, Any] = {"type": ["string", "object"], "additionalProperties": {"type": "string"}}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "archlint rule",
    "type": "object",
    "required": ["id", "category", "severity", "subject", "expect", "message"],
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)+(/[a-z0-9-]+)?$",
            "description": "The rule's name, the fault in words",
        },
        "category": {"type": "string", "description": "The group it is selected by"},
        "severity": {"enum": ["error", "warning", "info"]},
        "profile": {"enum": list(PROFILES), "description": "The first profile that holds it"},
        "since": {"type": ["string", "number"]},
        "docs": {"type": "string", "description": "The page: a summary, ## Why is this bad?, ## How to fix"},
        "subject": {
            "type": "string",
            "description": "What is checked: service, dependency, datastore, topic, or a view such as operation",
        },
        "when": {
            "type": ["object", "boolean"],
            "description": "A JSON Schema: only subjects that satisfy it are checked",
        },
        "expect": {
            "type": ["object", "boolean"],
            "description": "A JSON Schema that the subject has to satisfy",
        },
        "message": {
            "type": "string",
            "description": "States the fact; {name} and {a.b} stand for values of the subject",
        },
        "help": {"type": "string"},
        "references": {"type": "array", "items": {"type": "string"}},
        "examples": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"bad": _EXAMPLE, "good": _EXAMPLE},
            },
        },
    },
}
"""What a rule file looks like."""

_STRUCTURE = Structure(lambda: SCHEMA, "the rule")
_PLACEHOLDER = regex(r"\{([A-Za-z0-9_.$/-]+)\}")
_MOST_DEPTH = 4
_MOST_TEXT = 80

GRAPH: dict[str, type[Any]] = {
    "service": Service,
    "dependency": Dependency,
    "datastore": Datastore,
    "topic": Topic,
}
"""The elements of the graph by the names that rule files use."""


def load_rule(source: Source, subjects: Mapping[str, type[Any]]) -> Iterator[Rule]:
    """Yield the rules in *source*, one per YAML document; *subjects* are the views by their lower-case names.

    Raise `ConfigError` with path, line and column for what is not a rule.
    """
    parsed = parse(source)
    if parsed.faults:
        fault = parsed.faults[0]
        raise ConfigError(
            fault.message, path=source.path, line=fault.region.start_line, column=fault.region.start_column
        )
    for document in parsed.documents:
        for broken in _STRUCTURE.faults(document.data):
            help_text = f" ({broken.help})" if broken.help else ""
            raise _error(document, broken.pointer, broken.message + help_text, on_key=broken.on_key)
        yield _rule(document, {**subjects, **GRAPH})


def _rule(document: Document, subjects: Mapping[str, type[Any]]) -> Rule:
    data = document.data
    subject = subjects.get(str(data["subject"]).lower())
    if subject is None:
        known = ", ".join(f"`{name}`" for name in sorted(subjects) if "." not in name)
        raise _error(document, ("subject",), f"there is no subject `{data['subject']}`, it is one of {known}")
    expect = Structure(lambda: data["expect"], "it")
    when = Structure(lambda: data["when"], "it") if "when" in data else None
    for key, structure in (("expect", expect), ("when", when)):
        try:
            if structure is not None:
                structure.accepts({})
        except Exception as error:  # noqa: BLE001 - whatever the schema library says of the schema
            reason = (
                str(error)
                .partition("\n")[0]
                .rpartition("retrieving it failed: ")[2]
                .removeprefix("ValueError: ")
            )
            raise _error(document, (key,), f"`{key}` is no JSON Schema: {reason}") from None
    return Rule(
        id=data["id"],
        category=data["category"],
        severity=Severity(data["severity"]),
        profile=data.get("profile", "recommended"),
        since=str(data.get("since", "next")),
        subjects=(subject,),
        check=_check(data, expect),
        docs=data.get("docs") or f"{data['id']}.\n",
        references=tuple(data.get("references", ())),
        examples=tuple(_examples(data.get("examples", ()))),
        applies=_applies(when) if when is not None else None,
        module=document.path,
    )


def _check(data: dict[str, Any], expect: Structure) -> Callable[[Any, Context], Iterator[Problem]]:
    message, advice = str(data["message"]), str(data.get("help", ""))

    def check(subject: Any, context: Context) -> Iterator[Problem]:
        del context
        value = plain(subject)
        fault = next(iter(expect.faults(value)), None)
        if fault is not None:
            at = (
                subject.at(*_known(subject.data, fault.pointer))
                if isinstance(subject, Node)
                else subject.location
            )
            identity = () if isinstance(subject, Node) else (data["id"], subject.id)
            yield Problem(fill(message, value), at, help=advice or fault.help, identity=identity)

    return check


def _applies(when: Structure) -> Callable[[Any], bool]:
    return lambda subject: when.accepts(plain(subject))


def plain(subject: Any) -> Any:
    """Return a subject as plain data: a view's as written, a graph element's fields."""
    return subject.data if isinstance(subject, Node) else _plain(subject, 0)


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return str(value) if isinstance(value, str) else value
    if depth > _MOST_DEPTH:
        return None
    if isinstance(value, dict):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(item, depth + 1) for item in items]
    if isinstance(value, Struct):
        return {
            _camel(name): _plain(getattr(value, name), depth + 1)
            for name in value.__struct_fields__
            if name != "at"
        }
    if is_dataclass(value):
        skipped = {"evidence", "id"} | (
            {"workloads", "endpoints", "apis", "channels", "uses"} if depth else set()
        )
        return {
            _camel(field.name): _plain(getattr(value, field.name), depth + 1)
            for field in fields(value)
            if field.name not in skipped
        }
    return None


def fill(message: str, value: Any) -> str:
    """Return *message* with `{name}` and `{a.b}` replaced by values of *value*; nothing is evaluated."""

    def replace(match: re.Match[str]) -> str:
        found = value
        for key in match[1].split("."):
            found = found.get(key) if isinstance(found, dict) else None
        text = "?" if found is None or isinstance(found, dict | list) else str(found)
        return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"

    return _PLACEHOLDER.sub(replace, message)


def _known(data: Any, pointer: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return *pointer* as far as it exists in *data*."""
    value = data
    for depth, key in enumerate(pointer):
        inside = (
            key in value
            if isinstance(value, dict)
            else isinstance(value, list) and isinstance(key, int) and key < len(value)
        )
        if not inside:
            return pointer[:depth]
        value = value[key]
    return pointer


def _examples(entries: Any) -> Iterator[Example]:
    for entry in entries:
        if "bad" in entry:
            yield Bad(entry["bad"])
        if "good" in entry:
            yield Good(entry["good"])


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _error(
    document: Document, pointer: tuple[str | int, ...], message: str, *, on_key: bool = False
) -> ConfigError:
    region = document.locator.locate([(pointer, on_key)])[pointer, on_key]
    return ConfigError(message, path=document.path, line=region.start_line, column=region.start_column)
