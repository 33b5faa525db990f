"""Views of a Score workload."""

import re
from collections.abc import Iterator
from functools import cached_property

from archlint.api import Document, Location, Node, Setting, regex

_PLACEHOLDER = regex(r"\$\{(?P<path>[^{}]*)\}")


class ScoreResource(Node):
    """What a workload needs: a database, a queue, another workload. Equal `shared` means the same resource (Score specification)."""

    def __init__(self, workload: "ScoreWorkload", name: str) -> None:
        super().__init__(workload.document, ("resources", name), workload.get("resources", name))
        self.workload = workload
        self.name = name

    def _text(self, key: str) -> str:
        value = self.get(key)
        return value if isinstance(value, str) and "${" not in value else ""

    @property
    def type(self) -> str:
        """Its type: `postgres`, `service` …."""
        return self._text("type")

    @property
    def id(self) -> str:
        """The name by which several workloads mean the same resource, or an empty string."""
        return self._text("id")

    @property
    def uses(self) -> list[Location]:
        """Where variables of the workload take something from it: `${resources.NAME.host}`."""
        wanted = re.compile(rf"(?<!\$)\$\{{resources\.{re.escape(self.name)}[.}}]")
        return [
            self.workload.at("containers", container, "variables", key)
            for container in self.workload.mapping("containers")
            for key, value in self.workload.mapping("containers", container, "variables").items()
            if isinstance(value, str) and wanted.search(value)
        ]

    @property
    def shared(self) -> str:
        """Type, class and id in one; without an id the resource is the workload's own."""
        kind = f"{self.type}.{self._text('class') or 'default'}"
        return f"{kind}#{self.id}" if self.id else f"{kind}#{self.workload.name}.{self.name}"


class ScoreWorkload(Node):
    """A workload, the only kind of document that Score has."""

    def __init__(self, document: Document) -> None:
        super().__init__(document, (), document.data)

    @property
    def name(self) -> str:
        """`metadata.name`, or an empty string."""
        value = self.get("metadata", "name")
        return value if isinstance(value, str) else ""

    @property
    def place(self) -> Location:
        """Where the name stands."""
        return self.at("metadata", "name")

    @cached_property
    def resources(self) -> list[ScoreResource]:
        """The resources that say of what type they are."""
        found = [ScoreResource(self, name) for name in self.mapping("resources")]
        return [resource for resource in found if resource.type]

    def used_at(self, resource: str) -> Location | None:
        """Return the place of the first variable that *resource* fills in, or `None`."""
        path = ("resources", resource)
        for setting in self.settings:
            value = self.document.data
            for key in setting.at.pointer:
                value = value[key]
            if any(
                tuple(match["path"].split("."))[:2] == path for match in _PLACEHOLDER.finditer(str(value))
            ):
                return setting.at
        return None

    @cached_property
    def settings(self) -> list[Setting]:
        """The variables and files of the containers; what a resource fills in is not known."""
        return list(self._settings())

    def _settings(self) -> Iterator[Setting]:
        for container in self.mapping("containers"):
            for key, value in self.mapping("containers", container, "variables").items():
                at = self.at("containers", container, "variables", key)
                plain = isinstance(value, str | int | float | bool)
                known = plain and not _PLACEHOLDER.search(str(value).replace("$$", ""))
                yield Setting(key=key, value=str(value).replace("$$", "$") if known else None, at=at)
