"""Links whose meaning is not written down anywhere.

## Why is this bad?

A relation such as `next` or `self` is defined once for everybody, and generic clients follow it. A name of one's own can mean anything, and may
come to mean something else when it is registered.

## How to fix

Use a registered relation, or a URI (or CURIE, `shop:invoice`) that leads to what it means. Names of a house standard go into `allowed`.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, Severity, rule
from archlint.formats.openapi import Schema

_REGISTERED = frozenset((
    "about", "acl", "alternate", "amphtml", "api-catalog", "appendix", "apple-touch-icon", "apple-touch-startup-image", "archives", "author", "blocked-by", "bookmark", "canonical", "chapter", "cite-as", "collection", "contents", "convertedfrom", "copyright", "create-form", "current",
    "deprecation", "describedby", "describes", "disclosure", "dns-prefetch", "duplicate", "edit", "edit-form", "edit-media", "enclosure", "external", "first", "glossary", "help", "hosts", "hub", "icon", "index", "item", "last", "latest-version", "license", "linkset", "lrdd", "manifest", "mask-icon",
    "media-feed", "memento", "micropub", "modulepreload", "monitor", "monitor-group", "next", "next-archive", "nofollow", "noopener", "noreferrer", "opener", "original", "payment", "pingback", "preconnect", "predecessor-version", "prefetch", "preload", "prerender", "prev", "preview", "previous",
    "prev-archive", "privacy-policy", "profile", "publication", "related", "restconf", "replies", "ruleinput", "search", "section", "self", "service", "service-desc", "service-doc", "service-meta", "siptrunkingcapability", "sponsored", "start", "status", "stylesheet", "subsection",
    "successor-version", "sunset", "tag", "terms-of-service", "timegate", "timemap", "type", "ugc", "up", "version-history", "via", "webmention", "working-copy", "working-copy-of", "intervalafter", "intervalbefore", "intervalcontains", "intervaldisjoint", "intervalduring", "intervalequals",
    "intervalfinishedby", "intervalfinishes", "intervalin", "intervalmeets", "intervalmetby", "intervaloverlappedby", "intervaloverlaps", "intervalstartedby", "intervalstarts", "curies",
))  # fmt: skip
"""The registry of RFC 8288 §4.2, read in 2022 and completed with RFC 9727 and RFC 9745; `curies` is HAL's."""


class RelationOptions(Options, frozen=True, kw_only=True):
    """Further relations that are known here."""

    allowed: Annotated[
        tuple[str, ...], Meta(description="relations of the house, or beginnings of them that end in `*`")
    ] = ()


_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths: {{}}
components:
  schemas:
    Order:
      type: object
      properties:
        _links:
          type: object
          properties:
            {name}: {{type: object}}
"""


@rule(
    id="link-relation-unregistered",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=Schema,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc8288#section-2.1",
        "https://www.iana.org/assignments/link-relations/link-relations.xhtml",
    ),
    options=RelationOptions,
    aggregate=True,
    applies=lambda schema: (
        isinstance(schema.data.get("properties"), dict)
        and not schema.data["properties"].keys().isdisjoint(("_links", "rel"))
    ),
    examples=(
        Bad(
            _SPEC.format(name="invoice").replace(
                "invoice:",
                "invoice:  # <- the relation `invoice` is neither registered nor a URI\n              ",
            )
        ),
        Bad(
            """
            openapi: 3.0.3
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              schemas:
                Link:
                  type: object
                  properties:
                    href: {type: string}
                    rel:
                      type: string
                      enum:
                        - self
                        - invoice  # <- the relation `invoice` is neither registered nor a URI
            """
        ),
        Good(_SPEC.format(name="self")),
        Good(_SPEC.format(name='"shop:invoice"'), "a CURIE"),
        Good(_SPEC.format(name='"https://shop.example/rels/invoice"'), "a URI"),
        Good(_SPEC.format(name="x-invoice"), "the house's own", options={"allowed": ["x-*"]}),
    ),
)
def link_relation_unregistered(schema: Schema, context: Context) -> Iterator[Problem]:
    """Report relations in `_links` and in the `enum` of a link's `rel` that nobody defines."""
    links = Schema.at_node(schema, "properties", "_links")
    for name in links.mapping("properties") if links is not None else ():
        if links is not None and not _is_known(name, context.options.allowed):
            yield _problem(name, links, ("properties", name), on_key=True)
    if "href" in schema.mapping("properties"):
        relation = Schema.at_node(schema, "properties", "rel")
        for index, name in enumerate(relation.items("enum") if relation is not None else ()):
            if (
                relation is not None
                and isinstance(name, str)
                and not _is_known(name, context.options.allowed)
            ):
                yield _problem(name, relation, ("enum", index), on_key=False)


def _problem(name: str, schema: Schema, keys: tuple[str | int, ...], *, on_key: bool) -> Problem:
    return Problem(
        f"the relation `{name}` is neither registered nor a URI",
        schema.at(*keys, on_key=on_key),
        help="use a registered relation, or a URI that leads to what it means",
    )


def _is_known(name: str, allowed: tuple[str, ...]) -> bool:
    return (
        name.lower() in _REGISTERED
        or ":" in name
        or any(name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in allowed)
    )
