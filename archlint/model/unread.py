"""Addresses in ConfigMaps that no workload here names: applications that ask the API server for them read these."""

from collections.abc import Iterable, Iterator

from archlint.model.config_files import read_configs
from archlint.model.facts import ConfigFact
from archlint.model.graph import ServiceGraph, Unread
from archlint.model.values import references

_ENDINGS = (".svc", ".svc.cluster.local")
_LEAST_PARTS = 2


def unread(graph: ServiceGraph, configs: Iterable[ConfigFact]) -> Iterator[Unread]:
    """Yield the full names of Services that do not exist, in ConfigMaps that no workload of *graph* takes anything from."""
    read = read_configs(graph)
    known = {(end.scope, end.name) for end in graph.endpoints}
    for config in configs:
        if config.kind != "configmap" or (config.scope, config.name) in read:
            continue
        for entry in config.entries:
            for reference in references(entry.key, entry.value or ""):
                host = reference.host.lower().rstrip(".")
                if host.endswith(_ENDINGS):
                    parts = host.removesuffix(".cluster.local").removesuffix(".svc").split(".")
                    scope = f"k8s:{parts[-1]}"
                    if len(parts) == _LEAST_PARTS and (scope, parts[0]) not in known:
                        yield Unread(config.name, entry.key, parts[0], scope, entry.at)
