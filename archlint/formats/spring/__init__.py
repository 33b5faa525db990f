"""Configuration of Spring Boot applications: `application*.yml` and `.properties`, `bootstrap*`, and those of a config server.

That of Quarkus and Micronaut has the same files, settings and placeholders.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from archlint.api import Document, Fact, Format, Node, ServiceFact, Setting, SettingsFact, Source
from archlint.formats.spring.clients import feign_calls, feign_policies, pools
from archlint.formats.spring.config import SpringConfig, kind_of
from archlint.formats.spring.cors import cors_configurations
from archlint.formats.spring.gateway import GATEWAYS, client_policies, retry_filters, routes
from archlint.formats.spring.management import actuator
from archlint.formats.spring.others import by_profile, micronaut_calls
from archlint.formats.spring.properties import read_properties
from archlint.formats.spring.relaxed import milliseconds, with_defaults
from archlint.formats.spring.resilience4j import Instance, instances, policies
from archlint.formats.spring.streams import Binding, bindings, channels
from archlint.formats.spring.zuul import zuul_routes

__all__ = [
    "FORMAT",
    "GATEWAYS",
    "Binding",
    "Instance",
    "SpringConfig",
    "bindings",
    "cors_configurations",
    "instances",
    "milliseconds",
    "retry_filters",
    "settings_in",
]

_NOISE = (
    "info.",
    "logging.",
    "springdoc.",
    "management.endpoints.",
    "spring.application.",
    "quarkus.application.",
    "quarkus.log.",
    "micronaut.application.",
    "spring.config.activate.",
)


class SpringFormat(Format):
    """Recognises Spring's own keys; the profiles of one file are documents of their own."""

    name = "spring"
    subjects = (SpringConfig,)
    reads = ("*.properties",)

    def parse(self, source: Source) -> tuple[Document, ...]:
        """Return the documents of a properties file."""
        return read_properties(source)

    def sniff(self, document: Document) -> str:
        """Return `spring configuration`, or that of another framework."""
        return kind_of(document)

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the document."""
        if SpringConfig in wanted:
            yield SpringConfig(document)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the application, its settings, the routes of a gateway, the policies of its clients and its channels.

        What holds for all applications of a configuration server tells nothing of any: each may override it.
        """
        config = SpringConfig(document)
        if config.is_shared:
            return
        own = config.naming
        if own is not None and config.own_name and not config.profile:
            yield ServiceFact(at=own.at, extractor="spring name", confidence=0.9, name=config.own_name)
        entries = tuple(
            setting
            for key, setting in config.settings.items()
            if setting.value and not key.startswith(_NOISE)
        )
        for profile, held in by_profile(entries, config.profile):
            yield SettingsFact(
                at=document.at(),
                extractor=config.framework,
                confidence=0.9,
                name=config.application,
                profile=profile,
                kept=config.is_kept,
                entries=tuple(held),
            )
        yield from routes(config)
        yield from zuul_routes(config)
        told = {key: (item.value, item.at) for key, item in config.settings.items() if item.value}
        yield from actuator(told, name=config.application, profile=config.profile)
        for read in (
            client_policies,
            policies,
            feign_policies,
            feign_calls,
            pools,
            channels,
            micronaut_calls,
        ):
            yield from read(config)


def settings_in(document: Document) -> Iterator[tuple[Setting, str]]:
    """Yield the settings of *document* as they are where the environment says nothing, each with the name of its application."""
    config = SpringConfig(document)
    owner = config.application or document.source.name
    for setting in config.settings.values():
        if setting.value is not None and "${" in setting.value:
            yield replace(setting, value=with_defaults(setting.value), source="default"), owner
        else:
            yield setting, owner


FORMAT = SpringFormat()
