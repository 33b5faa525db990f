"""Views of a collector's configuration."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from archlint.api import Location, Node, regex

SECTIONS = ("receivers", "processors", "exporters", "connectors", "extensions")
"""Where components are defined, by full name: a type, or a type, `/` and a name."""
_SIGNALS = regex(r"(?:traces|metrics|logs|profiles)(?:/\S+)?\Z")
_UNKNOWN = regex(r"\$\{|\{\{|\$\(")


def is_collector(data: Any) -> bool:
    """Tell whether *data* is a configuration: it has pipelines, all of them of known signals."""
    service = data.get("service") if isinstance(data, dict) else None
    pipelines = service.get("pipelines") if isinstance(service, dict) else None
    if not isinstance(pipelines, dict) or not pipelines:
        return False
    return all(_SIGNALS.match(name) for name in pipelines) and any(
        isinstance(pipeline, dict) and ("receivers" in pipeline or "exporters" in pipeline)
        for pipeline in pipelines.values()
    )


class CollectorConfig(Node):
    """A configuration, or a part of one: the collector merges all files that it is given."""

    @property
    def is_whole(self) -> bool:
        """Whether it can stand alone: it defines what comes in and where it goes, and takes nothing from elsewhere."""
        sections = [self.data.get(name) for name in ("receivers", "exporters")]
        others = [self.data.get(name) for name in SECTIONS]
        return all(isinstance(section, dict) and section for section in sections) and not any(
            isinstance(section, str) or (isinstance(section, dict) and any(map(_UNKNOWN.search, section)))
            for section in others
        )

    @cached_property
    def pipelines(self) -> list["CollectorPipeline"]:
        """The pipelines, in the order in which they are written."""
        return [
            CollectorPipeline(self, name, data)
            for name, data in self.mapping("service", "pipelines").items()
            if isinstance(data, dict)
        ]

    def defined(self, *sections: str) -> set[str]:
        """Return the full names of the components in *sections*."""
        return {name for section in sections for name in self.mapping(section)}


class CollectorPipeline(Node):
    """A pipeline of one signal."""

    def __init__(self, config: CollectorConfig, name: str, data: dict[str, Any]) -> None:
        super().__init__(config.document, (*config.pointer, "service", "pipelines", name), data)
        self.config = config
        self.name = name

    def names(self, part: str) -> Iterator[tuple[str, Location]]:
        """Yield the components under *part* (`receivers`, `processors`, `exporters`) that are known, with their places."""
        for index, item in enumerate(self.items(part)):
            if isinstance(item, str) and not _UNKNOWN.search(item):
                yield item, self.at(part, index)
