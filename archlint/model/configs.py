"""The ConfigMaps and Secrets that workloads mean by name."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from archlint.model.facts import ConfigFact, WorkloadFact
from archlint.model.identity import Variants
from archlint.model.reach import CLUSTER, UNSAID

_MOST_ALIKE = 64


class Configs:
    """Finds ConfigMaps and Secrets by kind, namespace and name."""

    def __init__(self, configs: Sequence[ConfigFact], variants: Variants) -> None:
        self._variants = variants
        self._all = configs
        self._by_scope: dict[tuple[str, str, str], list[ConfigFact]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[ConfigFact]] = defaultdict(list)
        for config in configs:
            self._by_scope[config.kind, config.scope, config.name].append(config)
            self._by_name[config.kind, config.name].append(config)

    def __iter__(self) -> Iterator[ConfigFact]:
        return iter(self._all)

    def find(self, kind: str, workload: WorkloadFact, name: str) -> list[ConfigFact]:
        """Return what *workload* means by *name*, several where files are variants of each other."""
        found = self._by_scope.get((kind, workload.scope, name), [])
        if not found:
            return self._unsaid(kind, workload, name)
        together = [config for config in found if self._variants.together(workload.at.path, config.at.path)]
        same = [config for config in together if config.at.path == workload.at.path]
        return same or together or found

    def _unsaid(self, kind: str, workload: WorkloadFact, name: str) -> list[ConfigFact]:
        """Return what may be meant where one of the two names no namespace: an overlay may have the one and its base the other."""
        if not workload.scope.startswith(CLUSTER):
            return []
        return [
            config
            for config in self._by_name.get((kind, name), [])[:_MOST_ALIKE]
            if UNSAID in {config.scope, workload.scope}
            and config.scope.startswith(CLUSTER)
            and self._variants.together(workload.at.path, config.at.path)
        ]
