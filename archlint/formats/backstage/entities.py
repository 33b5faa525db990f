"""Entities of the catalog and the references between them."""

from collections.abc import Iterator
from typing import Any

from archlint.api import Node, Pointer, regex

_REFERENCE = regex(r"(?:(?P<kind>[A-Za-z]+):)?(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.-]+)\Z")


class Entity(Node):
    """An entity of the catalog."""

    @property
    def kind(self) -> str:
        """Its `kind`."""
        return str(self.get("kind", default=""))

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return str(self.get("metadata", "name", default="") or "")

    @property
    def reference(self) -> str:
        """Its entity reference in full: `component:default/orders`."""
        return f"{self.kind}:{self.namespace}/{self.name}".lower()

    @property
    def namespace(self) -> str:
        """The namespace it is in, in which references of it without one are looked up."""
        return str(self.get("metadata", "namespace", default="") or "default")

    @property
    def is_template(self) -> bool:
        """Whether it is still to be filled in by a generator."""
        return "{{" in self.name

    def text(self, key: str) -> str:
        """Return `spec.KEY`, or an empty string."""
        value = self.get("spec", key)
        return value if isinstance(value, str) else ""

    @property
    def annotations(self) -> dict[str, Any]:
        """`metadata.annotations`."""
        return self.mapping("metadata", "annotations")

    def references(self, key: str, kind: str) -> Iterator[tuple[str, Pointer]]:
        """Yield the entity references in the list `spec.KEY`, completed by *kind*, with their places."""
        for index, value in enumerate(self.items("spec", key)):
            if isinstance(value, str) and (found := full_reference(value, kind, self.namespace)):
                yield found, ("spec", key, index)


def full_reference(text: str, kind: str, namespace: str = "default") -> str:
    """Return an entity reference with its defaults filled in (`[kind:][namespace/]name`), or an empty string."""
    match = _REFERENCE.match(text.strip())
    if match is None:
        return ""
    return f"{match['kind'] or kind}:{match['namespace'] or namespace}/{match['name']}".lower()
