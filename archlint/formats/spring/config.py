"""What a Spring configuration document holds: flat settings, its application and its profile."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from archlint.api import Document, Node, Pointer, Setting, regex
from archlint.formats.spring.others import framework_of
from archlint.formats.spring.relaxed import canonical, filled

_MOST_ENTRIES = 5_000
_MOST_BESIDE = 20
_CONFIGURED = (".yml", ".yaml", ".properties")
_OWN_FOLDERS = frozenset(("resources", "resources/config"))
_FILE = regex(r"(?:application|bootstrap)(?:-(?P<profile>[^/]+))?\.(?:ya?ml|properties)\Z")
_KEPT = regex(
    r"(?P<name>[^/]+)-(?P<profile>dev|develop|development|local|test|testing|qa|uat|stage|staging|preprod|prod|production|docker|compose|k8s|kubernetes)"
    r"\.(?:ya?ml|properties)\Z"
)
"""A file that a configuration server keeps for a profile of an application: any name will do, these are plain."""
_TEST = regex(
    r"(?:^|/)(?:src/(?:test|integration-?test|testFixtures)|test/resources|target|build|bin)/", re.IGNORECASE
)
_TELLING = frozenset((
    "application", "datasource", "cloud", "config", "jpa", "profiles", "kafka", "rabbitmq", "data", "redis", "main", "security", "r2dbc", "flyway",
    "liquibase", "mvc", "jackson", "batch", "cache", "webflux", "web", "session", "sql", "h2", "mail", "lifecycle", "output", "zipkin", "sleuth",
))  # fmt: skip
_ROOTS = frozenset((
    "spring", "server", "management", "eureka", "logging", "resilience4j", "feign", "ribbon", "zuul", "hystrix", "info", "springdoc",
    "eventuate", "eventuatelocal",
))  # fmt: skip
_CLIENTS = frozenset(("eureka", "resilience4j", "feign", "ribbon", "zuul", "hystrix"))
_OTHERS = frozenset(("apiVersion", "services", "openapi"))
_NAMES = ("spring.application.name", "quarkus.application.name", "micronaut.application.name")
_PREFIX = regex(r"^(?:optional:|configserver:|consul:|vault:|zookeeper:)+(?=[a-z]+://)")


def kind_of(document: Document) -> str:
    """Return `spring configuration` when *document* is some, that of another framework, or an empty string."""
    data = document.data
    if not isinstance(data, dict) or not data or _TEST.search(document.path):
        return ""
    framework = framework_of(document) if _FILE.match(document.source.name) else ""
    if framework:
        return f"{framework} configuration"
    spring = data.get("spring")
    parts = set(spring) if isinstance(spring, dict) else set()
    parts.update(key.split(".")[1] for key in data if isinstance(key, str) and key.startswith("spring."))
    named = _FILE.match(document.source.name) is not None
    parts = {part.partition("[")[0] for part in parts if isinstance(part, str)}
    if parts & _TELLING and (named or not document.source.name.startswith(("values", "Chart"))):
        return "spring configuration"
    roots = {str(key).partition(".")[0] for key in data}
    known = roots & _ROOTS
    told = bool(known) if named else len(known) > 1 and not known.isdisjoint(_CLIENTS)
    return "spring configuration" if told and not roots & _OTHERS else ""


class SpringConfig(Node):
    """One document of a configuration file; `settings` are its values under dotted keys."""

    def __init__(self, document: Document) -> None:
        super().__init__(document, (), document.data)

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """The settings by dotted key, in document order; placeholders (`${NAME:default}`) as written."""
        found: dict[str, Setting] = {}
        for key, value, pointer in _leaves(self.document.data):
            text = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            if text is not None and ("{{" in text or text.startswith("@")):
                text = None
            elif text is not None:
                text = _PREFIX.sub("", text)
            found[key] = Setting(
                key=key, value=text, at=self.document.at(pointer), via="config", source="file:spring"
            )
        return found

    @cached_property
    def _relaxed(self) -> list[tuple[tuple[str, ...], tuple[str, ...], Setting]]:
        found = []
        for key, setting in self.settings.items():
            parts = tuple(key.split("."))
            found.append((tuple(canonical(part) for part in parts), parts, setting))
        return found

    def below(self, prefix: str) -> Iterator[tuple[str, str, Setting]]:
        """Yield the settings `PREFIX.NAME.PROPERTY` as name (as written), property (in lower case without dashes) and setting."""
        wanted = tuple(prefix.split("."))
        size = len(wanted)
        for relaxed, parts, setting in self._relaxed:
            if len(parts) > size + 1 and relaxed[:size] == wanted:
                yield parts[size].strip("[]"), ".".join(relaxed[size + 1 :]), setting

    def setting(self, key: str) -> Setting | None:
        """Return the setting that Spring takes for *key* (in lower case without dashes), however it is spelled."""
        wanted = tuple(key.split("."))
        return next((setting for relaxed, _, setting in self._relaxed if relaxed == wanted), None)

    def starts(self, prefix: str) -> Iterator[tuple[str, Setting]]:
        """Yield the settings below *prefix* (in lower case without dashes), with the rest of their keys spelled so as well."""
        wanted = tuple(prefix.split("."))
        size = len(wanted)
        for relaxed, _, setting in self._relaxed:
            if len(relaxed) > size and relaxed[:size] == wanted:
                yield ".".join(relaxed[size:]), setting

    def text(self, key: str) -> str | None:
        """Return the value that holds for *key* where the environment says nothing; `None` when there is none or it is not known."""
        setting = self.setting(key)
        return filled(setting.value) if setting is not None and setting.value is not None else None

    def value(self, *keys: str) -> str:
        """Return the first known value of *keys*, or an empty string."""
        for key in keys:
            setting = self.settings.get(key)
            if setting is not None and setting.value:
                return setting.value
        return ""

    @cached_property
    def framework(self) -> str:
        """What the application is made with: `spring`, `quarkus` or `micronaut`."""
        return kind_of(self.document).partition(" ")[0] or "spring"

    @property
    def naming(self) -> Setting | None:
        """The setting that names the application."""
        return next((self.settings[key] for key in _NAMES if key in self.settings), None)

    @property
    def own_name(self) -> str:
        """The name of the application where this document says it in plain text, or an empty string."""
        name = self.value(*_NAMES)
        match = re.fullmatch(r"\$\{[^:{}]+:([\w.-]+)\}", name)
        name = match[1] if match else name
        return name if re.fullmatch(r"[\w.-]+", name) else ""

    @property
    def is_kept(self) -> bool:
        """Whether the file has the name of an application: a configuration server keeps it for that one ("Environment Repository")."""
        return _FILE.match(self.document.source.name) is None

    @cached_property
    def is_shared(self) -> bool:
        """Whether a configuration server hands the file to all of its applications: `application.yml` beside files named after them.

        Below `src/main/`, that is no folder that an application itself reads ("Externalized Configuration").
        """
        path = self.document.path
        if not _FILE.match(posixpath.basename(path)) or self.own_name or self.document.resolver is None:
            return False
        _, found, inside = path.partition("src/main/")
        if found and posixpath.dirname(inside) in _OWN_FOLDERS:
            return False
        others = [
            other
            for other in self.document.resolver.siblings(path)
            if other.endswith(_CONFIGURED) and not _FILE.match(posixpath.basename(other))
        ]
        return any(
            kind_of(document)
            for other in others[:_MOST_BESIDE]
            for document in self.document.resolver.documents(other)
        )

    @cached_property
    def is_remote(self) -> bool:
        """Whether a configuration server may add to what stands here."""
        return any(
            setting.key.startswith(
                (
                    "spring.cloud.config.",
                    "spring.config.import",
                    "spring.cloud.nacos.",
                    "spring.cloud.consul.",
                    "spring.cloud.zookeeper.",
                )
            )
            for config in self.beside
            for setting in config.settings.values()
        )

    @cached_property
    def family(self) -> list["SpringConfig"]:
        """All that is known to be of the same application: this document, others of its file, and the general files of its folder."""
        resolver, path = self.document.resolver, self.document.path
        found = [self]
        for other in dict.fromkeys([path, *(resolver.siblings(path) if resolver else ())]):
            if resolver is None or not (other == path or _FILE.match(posixpath.basename(other))):
                continue
            found.extend(
                SpringConfig(document)
                for document in resolver.documents(other)
                if isinstance(document.data, dict) and (other, document.index) != (path, self.document.index)
            )
        return found

    @property
    def beside(self) -> list["SpringConfig"]:
        """What of the family holds whatever the profile, and this document."""
        return [self, *(config for config in self.family[1:] if not config.profile)]

    @property
    def profile(self) -> str:
        """The profile under which the document counts; empty = always."""
        written = self.value("spring.config.activate.on-profile", "spring.profiles")
        match = _FILE.match(self.document.source.name) or _KEPT.match(self.document.source.name)
        return written or (match["profile"] or "" if match else "")

    @cached_property
    def application(self) -> str:
        """The name of the application: said here, in a file beside this one, or by the folder of its module; empty when unknown.

        Below the resources of a module, or beside what holds for all, a file of another name than `application` and `bootstrap` is kept
        by a configuration server for the application that it is named after (Spring Cloud Config, "Environment Repository").
        """
        if self.own_name:
            return self.own_name
        resolver, path = self.document.resolver, self.document.path
        beside = resolver.siblings(path) if resolver else ()
        for other in (path, *(file for file in beside if _FILE.match(posixpath.basename(file)))):
            for document in resolver.documents(other) if resolver else ():
                name = SpringConfig(document).own_name if isinstance(document.data, dict) else ""
                if name:
                    return name
        if self.is_shared:
            return ""
        module, found, inside = path.partition("/src/main/")
        name = posixpath.basename(path)
        if not _FILE.match(name) and (inside.count("/") > 1 or (not found and _is_repository(beside))):
            kept = _KEPT.match(name)
            return kept["name"] if kept is not None else posixpath.splitext(name)[0]
        return posixpath.basename(module) if found else ""


def _is_repository(files: Iterable[str]) -> bool:
    """Tell whether a folder of *files*, whose applications are elsewhere, has what holds for all of them."""
    return any(
        posixpath.basename(file) in {"application.yml", "application.yaml", "application.properties"}
        for file in files
    )


def _leaves(root: Any) -> Iterator[tuple[str, Any, Pointer]]:
    pending: list[tuple[str, Any, Pointer]] = [("", root, ())]
    count = 0
    while pending and count < _MOST_ENTRIES:
        path, value, pointer = pending.pop()
        count += 1
        if isinstance(value, dict):
            pending.extend(
                (f"{path}.{key}" if path else key, item, (*pointer, key))
                for key, item in reversed(value.items())
            )
        elif isinstance(value, list):
            pending.extend(
                (f"{path}[{index}]", value[index], (*pointer, index)) for index in reversed(range(len(value)))
            )
        elif path:
            yield path, value, pointer
