"""The page of a rule, made of its docstring, options and examples."""

from typing import Any

from archlint.findings.report import RuleInfo
from archlint.rule.rule import Example, Options, Rule

HOME = "https://archlint.dev/rules/"
"""Where the pages of the rules are published."""


def describe(rule: Rule) -> RuleInfo:
    """Return what a report says of *rule*."""
    return RuleInfo(
        id=rule.id,
        category=rule.category,
        severity=rule.severity,
        profile=rule.profile,
        summary=rule.summary,
        why=rule.section("Why is this bad?"),
        fix=rule.section("How to fix"),
        markdown=page(rule),
        references=rule.references,
        tags=rule.tags,
        docs=f"{HOME}{rule.id}",
    )


def page(rule: Rule) -> str:
    """Return the page of *rule* in Markdown: the docstring, an example of each kind, the options, the sources."""
    parts = [
        f"# {rule.id}",
        f"`{rule.category}` · {rule.severity} · profile `{rule.profile}` · since {rule.since}",
        rule.docs.strip(),
    ]
    for good, title in ((False, "Bad"), (True, "Good")):
        example = next((example for example in rule.examples if example.good is good), None)
        if example is not None:
            parts += [f"## {title}", *_blocks(example)]
    options = option_table(rule.options)
    if options:
        parts += ["## Options", options]
    if rule.references:
        parts += ["## Sources", "\n".join(f"- <{reference}>" for reference in rule.references)]
    return "\n\n".join(parts) + "\n"


def option_table(options: type[Options]) -> str:
    """Return the options as a Markdown table, or an empty string when there are none."""
    rows = [
        f"| `{name}` | {kind} | `{default}` | {text} |"
        for name, kind, default, text in describe_options(options)
    ]
    return "\n".join(["| option | type | default | |", "| --- | --- | --- | --- |", *rows]) if rows else ""


def describe_options(options: type[Options]) -> list[tuple[str, str, str, str]]:
    """Return name, type, default and description of each option, all as text."""
    import msgspec  # noqa: PLC0415

    if options is Options:
        return []
    schema = msgspec.json.schema(options)
    properties = schema["$defs"][options.__name__]["properties"]
    return [
        (
            name,
            _kind(value, schema["$defs"]),
            msgspec.json.encode(value.get("default")).decode(),
            value.get("description", ""),
        )
        for name, value in properties.items()
    ]


def _kind(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(part, definitions) for part in schema["anyOf"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}), definitions)}"
    return str(kind)


def _blocks(example: Example) -> list[str]:
    blocks = []
    for name, text in example.files:
        language = "json" if name.endswith(".json") else "yaml"
        title = f' title="{name}"' if name else ""
        blocks.append(f"```{language}{title}\n{text}```")
    return blocks
