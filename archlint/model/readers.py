"""Which service reads a file: the one that mounts it, is built from its folder, or runs the tool that it configures."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable

from archlint.model.facts import BaseFact, DependencyFact, PolicyFact, RouteFact, WorkloadFact
from archlint.model.graph import Service
from archlint.model.stores import image_of
from archlint.source.patterns import regex

_OF_TOOL = {"kong": regex(r"kong(?:-gateway|-ee)?\Z")}
"""Tools of which a system has one, which is often told its configuration by another program, so that nothing mounts it."""

_OWN = regex(r"/src/main/resources/(?:config/)?(?:application|bootstrap)[^/]*\Z")
"""Where a module keeps its own configuration; that of others may lie below it, as in configuration servers."""

PROXIES = frozenset(("kong", "envoy"))
"""Who reads configuration of these has no code in its folder: that a service of ours stands there tells nothing."""


class Readers:
    """Finds the services that read files and ConfigMaps."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._mounted: dict[str, list[Service]] = defaultdict(list)
        self._built: dict[str, list[Service]] = defaultdict(list)
        self._configs: dict[str, list[Service]] = defaultdict(list)
        self._running: dict[str, list[Service]] = defaultdict(list)
        self._images: dict[str, list[Service]] = defaultdict(list)
        for service in services:
            for workload in service.workloads:
                self._note(service, workload)

    def _note(self, service: Service, workload: WorkloadFact) -> None:
        mounts = {name for container in workload.containers for name, _, _ in container.mounts}
        for volume in workload.volumes:
            if volume.kind == "configmap" and volume.name in mounts:
                _add(self._configs, f"{workload.scope}/{volume.source}", service)
            elif volume.kind in {"host", "config"}:
                _add(self._mounted, _inside(workload, volume.source), service)
        context = workload.extra.get("context")
        if isinstance(context, str):
            _add(self._built, _inside(workload, context), service)
        images = [image_of(one.image or "").name for one in workload.containers if not one.init]
        for tool, image in _OF_TOOL.items():
            if any(map(image.match, images)):
                _add(self._running, tool, service)
        if service.first_party:
            for name in images:
                _add(self._images, name, service)

    def of(self, fact: BaseFact) -> tuple[Service | None, bool]:
        """Return who reads the document of *fact*, and whether that is all that can be said."""
        asked = isinstance(fact, DependencyFact) and fact.extractor in PROXIES
        if not (asked or isinstance(fact, RouteFact | PolicyFact)):
            return None, False
        config = fact.extra.get("configmap") if isinstance(fact, RouteFact | DependencyFact) else None
        if config:
            return _one(self._configs.get(config, ())), True
        found = _nearest(self._mounted, fact.at.path) or _nearest(self._built, fact.at.path)
        if found is None and fact.extractor in PROXIES:
            found = _one(self._running.get(fact.extractor, ()))
        return found, found is not None

    def built_from(self, path: str, name: str) -> Service | None:
        """Return the only service that runs the application *name*, whose configuration is the file *path*.

        Its image is built in the folder of the module (of Maven or Gradle) that *path* lies in, or called like that or like the application.
        """
        place = _OWN.search(path)
        if place is None:
            return None
        module = path[: place.start()]
        indices = (self._built, module), (self._images, name), (self._images, posixpath.basename(module))
        found = next((index[key] for index, key in indices if index.get(key)), [])
        return found[0] if len(found) == 1 else None


def _add(index: dict[str, list[Service]], key: str, service: Service) -> None:
    if key and service not in index[key]:
        index[key].append(service)


def _inside(workload: WorkloadFact, path: str) -> str:
    """Return *path* of the compose project of *workload* below the root; empty for the whole of the project and what holds it."""
    kind, _, file = workload.scope.partition(":")
    if kind != "compose" or path.startswith(("/", "~", "$")):
        return ""
    folder = posixpath.dirname(file)
    found = posixpath.normpath(posixpath.join(folder, path))
    holds = found in {".", folder} or folder.startswith(f"{found}/")
    return "" if holds or found.startswith("..") else found


def _nearest(index: dict[str, list[Service]], path: str) -> Service | None:
    """Return the service of *path* or of the nearest folder above it."""
    while path:
        if path in index:
            return _one(index[path])
        path = posixpath.dirname(path)
    return None


def _one(services: Iterable[Service]) -> Service | None:
    """Return the one service there is, or the one that is a gateway."""
    found = list(services)
    if len(found) > 1:
        found = [service for service in found if service.role == "gateway"]
    return found[0] if len(found) == 1 else None
