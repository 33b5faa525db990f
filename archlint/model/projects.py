"""Compose files of one folder: Docker runs them as one project, unless told otherwise (Compose, "Project name")."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable

from archlint.model.facts import EndpointFact
from archlint.model.identity import Endpoints


class Projects:
    """Finds what a service of one compose file reaches in the files beside it; `elements` are the kind, scope and name of all there is."""

    def __init__(self, endpoints: Endpoints, elements: Iterable[tuple[str, str, str]]) -> None:
        self._endpoints = endpoints
        self._names: dict[str, set[str]] = defaultdict(set)
        for kind, scope, name in elements:
            if kind == "endpoint" and scope.startswith("compose:"):
                self._names[scope].add(name)
        self._folders: dict[str, list[str]] = defaultdict(list)
        for scope in sorted(self._names):
            self._folders[posixpath.dirname(scope)].append(scope)

    def beside(self, host: str, scope: str) -> list[EndpointFact]:
        """Return what *host* means in the files beside the one of *scope*; those that have a service of it anew are alternatives."""
        if scope not in self._names:
            return []
        mine = self._names[scope]
        found: list[EndpointFact] = []
        for other in self._folders[posixpath.dirname(scope)]:
            if other != scope and (ends := self._endpoints.lookup(host, other)):
                found.extend(ends if mine.isdisjoint(self._names[other]) else ())
        return found
