"""What datastores and brokers themselves are configured with the addresses of: the ZooKeeper of a Kafka, the leader of a replica."""

from archlint.model.edges import Edges
from archlint.model.facts import WorkloadFact
from archlint.model.graph import Datastore, Support
from archlint.model.values import references


def add_support(store: Datastore, workload: WorkloadFact, edges: Edges) -> None:
    """Note what the settings of *workload*, which is *store*, refer to."""
    known = {id(item.target): item for item in edges.graph.support if item.source is store}
    for container in workload.containers:
        for setting, places in () if container.init else edges.settings(container, workload):
            for reference in references(setting.key, setting.value or ""):
                found = edges.found(reference.host, workload) if reference.host else []
                target = edges.element(found)
                if target is None or target is store:
                    continue
                if id(target) not in known:
                    known[id(target)] = Support(store, target, [])
                    edges.graph.support.append(known[id(target)])
                known[id(target)].evidence += edges.evidence(workload, setting, places, reference, found)
