"""One of several objects, and nothing that says which.

## Why is this bad?

A reader must try the alternatives one by one and hope that only one fits. Generators give up and produce untyped maps; adding an alternative
changes what the others match.

## How to fix

Give the alternatives a common property with a different constant in each, and name it as the `discriminator`.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.asyncapi import Message
from archlint.formats.openapi import Schema

_SPEC = """
openapi: {version}
info: {{title: Payments, version: 1.0.0}}
paths: {{}}
components:
  schemas:
    Method:
      {keyword}:{marker}
        - {{type: object, properties: {{{first}}}}}
        - {{type: object, properties: {{{second}}}}}
      {more}
"""


def _spec(
    first: str = "number: {type: string}",
    second: str = "iban: {type: string}",
    *,
    keyword: str = "oneOf",
    more: str = "title: Method",
    marker: str = "",
    version: str = "3.1.0",
) -> str:
    return _SPEC.format(
        first=first, second=second, keyword=keyword, more=more, marker=marker, version=version
    )


def _is_union(subject: Schema | Message) -> bool:
    return isinstance(subject, Message) or "oneOf" in subject.data or "anyOf" in subject.data


@rule(
    id="union-without-discriminator",
    category="contracts",
    severity=Severity.INFO,
    profile="strict",
    subject=(Schema, Message),
    applies=_is_union,
    since="0.1.0",
    references=("https://spec.openapis.org/oas/v3.1.1.html#discriminator-object",),
    examples=(
        Bad(_spec(marker="  # <- nothing says which of 2 objects it is")),
        Bad(_spec(keyword="anyOf", version="3.0.3", marker="  # <- nothing says which of 2 objects it is")),
        Good(_spec(more="discriminator: {propertyName: kind}")),
        Good(_spec("kind: {const: card}", "kind: {const: transfer}"), "a constant in each"),
        Good(
            _spec(
                "kind: {type: string, enum: [card]}",
                "kind: {type: string, enum: [transfer]}",
                version="3.0.3",
            ),
            "an enum of one",
        ),
        Good(
            _spec()
            .replace(
                "type: object, properties: {number", "type: object, required: [number], properties: {number"
            )
            .replace("type: object, properties: {iban", "type: object, required: [iban], properties: {iban"),
            "each has something that only it must have",
        ),
        Good(
            _spec().replace("- {type: object, properties: {iban: {type: string}}}", "- {type: 'null'}"),
            "an object or nothing",
        ),
        Good(
            _spec().replace("- {type: object, properties: {iban: {type: string}}}", "- {type: string}"),
            "an object or its id",
        ),
    ),
)
def union_without_discriminator(subject: Schema | Message, context: Context) -> Iterator[Problem]:
    """Report `oneOf` and `anyOf` of several objects that no property tells apart."""
    del context
    schema = Schema.of_message(subject) if isinstance(subject, Message) else subject
    if schema is None or schema.keyword("discriminator") is not None:
        return
    for key in ("oneOf", "anyOf"):
        branches = [Schema.at_node(schema, key, index) for index in range(len(schema.items(key)))]
        objects = [branch for branch in branches if branch is not None and branch.properties]
        if len(objects) > 1 and None not in branches and not _differ(objects):
            yield Problem(
                f"nothing says which of {len(objects)} objects it is",
                schema.at(key, on_key=True),
                help="name a common property with a different constant in each as the `discriminator`",
            )


def _differ(branches: list[Schema]) -> bool:
    """Tell whether a common property has disjoint values in the branches, or each requires what no other has."""
    if any(
        branch.keyword("discriminator") is not None or not branch.is_flatly_known or branch.alternatives
        for branch in branches
    ):
        return True
    common = set.intersection(*(set(branch.properties) for branch in branches))
    for name in common:
        values = [branch.properties[name].enum for branch in branches]
        told = [value for listed in values for value in map(repr, listed)]
        if all(values) and len(told) == len(set(told)):
            return True
    own = [
        branch.required - set().union(*(other.properties for other in branches if other is not branch))
        for branch in branches
    ]
    return sum(not names for names in own) <= 1
