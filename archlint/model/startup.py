"""What services ask only when they start: configuration servers, and registries that tell them of each other."""

from collections.abc import Iterable

from archlint.model.graph import Dependency, Service
from archlint.model.values import key_words
from archlint.source.patterns import regex

_KEY = regex(
    r"SPRING_CONFIG_IMPORT|SPRING_CLOUD_CONFIG_|SPRING_BOOT_ADMIN_CLIENT_|(?:\w*_)?(?:EUREKA|CONFIG_?SERVER)(?:_|\Z)"
)


def mark_startup(edges: Iterable[Dependency]) -> None:
    """Give the role `config` to every service that some key of Spring's calls a configuration server or registry."""
    for edge in edges:
        target = edge.target
        if isinstance(target, Service) and not target.role and edge.kind == "calls":
            keys = (key_words(item.detail) for item in edge.evidence if item.detail)
            if any(_KEY.match(key) for key in keys):
                target.role = "config"
