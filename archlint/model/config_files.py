"""Whose the configuration files in ConfigMaps are: of what mounts them, or of the application that they are kept for.

A configuration server is given the files of others, which have their names (Spring Cloud Config, "Environment Repository"). An application
may ask the API server for the ConfigMap of its own name (Spring Cloud Kubernetes, "PropertySource Reloading"; Quarkus and Micronaut alike).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from archlint.model.configs import Configs
from archlint.model.facts import ConfigFact, Container, Setting, Volume, WorkloadFact
from archlint.model.graph import Datastore, Service, ServiceGraph
from archlint.model.values import key_words
from archlint.source.location import Location
from archlint.source.patterns import regex

_APPLICATION = regex(r"file:(?:application|bootstrap)(?:-[\w-]+)?\.(?:ya?ml|properties)\Z")
_KEPT = regex(r"file:(?P<name>[\w.-]+)\.(?:ya?ml|properties)\Z")
_SERVER = regex(r"^SPRING_CLOUD_CONFIG_SERVER_|^SPRING_PROFILES_ACTIVE=.*native")
_ROUTE = regex(r"(?:^|\.)cloud\.gateway\.(?:[\w.-]+\.)?routes\[\d+\]\.uri\Z")


def read_configs(graph: ServiceGraph) -> set[tuple[str, str]]:
    """Return namespace and name of the ConfigMaps that workloads of *graph* mount or take values from."""
    found = {
        (workload.scope, volume.source)
        for workload in graph.workloads
        for volume in workload.volumes
        if volume.kind == "configmap"
    }
    found.update(
        (workload.scope, setting.source.removeprefix("configmap:").partition("#")[0])
        for workload in graph.workloads
        for container in workload.containers
        for setting in container.settings
        if setting.source.startswith("configmap:")
    )
    return found


class ConfigFiles:
    """Finds the files that configure a workload."""

    def __init__(
        self,
        graph: ServiceGraph,
        configs: Configs,
        elements: Mapping[tuple[str, str, str], Service | Datastore],
    ) -> None:
        self._configs = configs
        self._elements = elements
        read = read_configs(graph)
        self._asked: dict[tuple[str, str], list[ConfigFact]] = defaultdict(list)
        for config in configs:
            if config.kind == "configmap" and (config.scope, config.name) not in read:
                self._asked[config.scope, config.name].append(config)
        self._gateways: dict[str, set[str]] = defaultdict(set)
        self._routes: dict[str, list[Setting]] = defaultdict(list)
        self._kept: dict[tuple[str, str], list[Setting]] = defaultdict(list)
        for workload in graph.workloads:
            element = self._element(workload.scope, workload.name)
            if isinstance(element, Service) and element.role == "gateway" and element.first_party:
                self._gateways[workload.scope].add(element.id)
            if _is_server(workload):
                for _, entry in self._mounted(workload):
                    owner = self._owner(workload, entry)
                    if owner:
                        self._kept[workload.scope, owner].append(entry)
        for (scope, name), found in self._asked.items():
            if self._element(scope, name) is None:
                self._routes[scope].extend(
                    entry for config in found for entry in config.entries if _ROUTE.search(entry.key)
                )

    def of(
        self, container: Container, workload: WorkloadFact, service: Service
    ) -> Iterator[tuple[Setting, list[Location]]]:
        """Yield the settings of *container* in files, each with the places that say it."""
        mounts = {name for name, _, _ in container.mounts}
        for volume, entry in self._mounted(workload):
            if volume.name in mounts and not (_is_server(workload) and self._owner(workload, entry)):
                yield entry, [volume.at or container.at, entry.at]
        if container is next((one for one in workload.containers if not one.init), None):
            said = {key_words(setting.key).replace("_", "") for setting in container.settings}
            for entry in self._remote(workload, service):
                if key_words(entry.key).replace("_", "") not in said:
                    yield entry, [entry.at]

    def _remote(self, workload: WorkloadFact, service: Service) -> Iterator[Setting]:
        """Yield what a configuration server keeps for *workload*, and what it may ask the API server for."""
        yield from self._kept.get((workload.scope, workload.name), ())
        for config in self._asked.get((workload.scope, workload.name), ()):
            for entry in config.entries:
                if _APPLICATION.match(entry.source):
                    yield entry
        if self._gateways.get(workload.scope) == {service.id}:
            yield from self._routes.get(workload.scope, ())

    def _mounted(self, workload: WorkloadFact) -> Iterator[tuple[Volume, Setting]]:
        for volume in workload.volumes:
            if volume.kind == "configmap":
                for config in self._configs.find("configmap", workload, volume.source):
                    for entry in config.entries:
                        if entry.source.startswith("file:"):
                            yield volume, entry

    def _owner(self, workload: WorkloadFact, entry: Setting) -> str:
        """Return the other workload that *entry*, given to the server *workload*, is kept for, or an empty string."""
        match = _KEPT.match(entry.source)
        name = match["name"] if match is not None else ""
        for candidate in (name, name.rpartition("-")[0]):
            if candidate and candidate != workload.name and self._element(workload.scope, candidate):
                return candidate
        return ""

    def _element(self, scope: str, name: str) -> Service | Datastore | None:
        return self._elements.get(("workload", scope, name))


def _is_server(workload: WorkloadFact) -> bool:
    """Tell whether *workload* is a configuration server of Spring Cloud."""
    return any(
        _SERVER.search(f"{key_words(setting.key)}={setting.value}")
        for container in workload.containers
        for setting in container.settings
    )
