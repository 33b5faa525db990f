"""Compose files that make one system: those of one folder, and those whose services are on one network."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable

from archlint.model.facts import EndpointFact, WorkloadFact
from archlint.model.identity import Endpoints


class Projects:
    """Finds what a service of one compose file reaches in others; `elements` are the kind, scope and name of all there is.

    Docker runs the files of one folder as one project, unless told otherwise (Compose, "Project name"). Other projects reach what is
    on a network that they share.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        elements: Iterable[tuple[str, str, str]],
        workloads: Iterable[WorkloadFact] = (),
    ) -> None:
        self._endpoints = endpoints
        self._names: dict[str, set[str]] = defaultdict(set)
        for kind, scope, name in elements:
            if kind == "endpoint" and scope.startswith("compose:"):
                self._names[scope].add(name)
        self._folders: dict[str, list[str]] = defaultdict(list)
        for scope in sorted(self._names):
            self._folders[posixpath.dirname(scope)].append(scope)
        self._networks: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._joined: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        shared: set[str] = set()
        for workload in workloads:
            shared.update(workload.extra.get("shared", ()))
            for network in workload.networks:
                self._networks[network].add((workload.scope, workload.name))
        self._scopes = {name: sorted({scope for scope, _ in self._networks[name]}) for name in shared}

    def beside(self, host: str, workload: WorkloadFact) -> list[EndpointFact]:
        """Return what *host* means in other files; those that have a service of the file of *workload* anew are alternatives."""
        scope = workload.scope
        if scope not in self._names:
            return []
        found: list[EndpointFact] = []
        for other in self._folders[posixpath.dirname(scope)]:
            if other != scope and (ends := self._endpoints.lookup(host, other)):
                found.extend(ends if self._names[scope].isdisjoint(self._names[other]) else ())
        return found or self._on_networks(host, workload)

    def scopes(self, workload: WorkloadFact) -> tuple[str, ...]:
        """Return the scope of *workload*, and those of the projects that share one of its networks."""
        key = (workload.scope, workload.networks)
        if key not in self._joined:
            others = {
                other for network in workload.networks for other in self._apart(workload.scope, network)
            }
            self._joined[key] = (workload.scope, *sorted(others))
        return self._joined[key]

    def _on_networks(self, host: str, workload: WorkloadFact) -> list[EndpointFact]:
        found = {
            (end.scope, end.name): end
            for network in workload.networks
            for other in self._apart(workload.scope, network)
            for end in self._endpoints.lookup(host, other)
            if (other, end.workload) in self._networks[network]
        }
        return list(found.values())

    def _apart(self, scope: str, network: str) -> list[str]:
        """Return the scopes on *network* that are projects of their own beside *scope*, rather than alternatives of it."""
        folder = posixpath.dirname(scope)
        return [
            other
            for other in self._scopes.get(network, ())
            if posixpath.dirname(other) != folder and self._names[scope].isdisjoint(self._names[other])
        ]
