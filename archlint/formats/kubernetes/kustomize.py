"""Kustomizations: which resources they list, who includes whom, and the resources as they come out of them.

A resource is read once, as it comes out of all roots (kustomizations that no other includes) together: patches of every overlay are
applied, so that what one of them adds is not missing; where overlays disagree, production's value stands, and of environment variables
every value. A namespace, a prefix, a suffix or a label that all roots agree on is applied; where they disagree, the names stay as
written, since the roots are variants of one system and not several systems. Names get no hash. References between
resources follow a prefix as `kustomize build` makes them, and a Service goes by its name with and without it. Not applied: vars,
replacements, remote resources, charts, and transformers and generators that are plugins.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from archlint.api import Document, Fact, LinkFact, Pointer, regex
from archlint.formats.kubernetes.kustomize_patches import files_of_patches, patch
from archlint.formats.kubernetes.kustomize_transforms import Naming, transform
from archlint.formats.kubernetes.placed import Origin, Placed, PlacedDocument, united

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""What the file of a kustomization is called."""

_GROUP = "kustomize.config.k8s.io/"
_TELLING = frozenset((
    "resources", "bases", "components", "patches", "patchesStrategicMerge", "patchesJson6902", "namespace", "namePrefix",
    "nameSuffix", "commonLabels", "labels", "images", "configMapGenerator", "secretGenerator", "replicas", "commonAnnotations",
))  # fmt: skip
_MOST_PATHS = 16
_MOST_DEPTH = 12
_MOST_RESOURCES = 10_000
_PRODUCTION = regex(r"(?:^|[/_-])(?:prod|production|live)(?:[/_-]|\Z)")
_TRIAL = regex(
    r"(?:^|[/_-])(?:dev|develop|development|test|testing|local|ci|e2e|examples?|minikube|kind)(?:[/_-]|\Z)"
)

type Way = tuple[Document, ...]
"""The kustomizations whose patches and transformers a resource goes through, in order; the last is a root."""


def is_kustomization(document: Document) -> bool:
    """Tell whether *document* is a kustomization or a component."""
    data = document.data
    if not isinstance(data, dict):
        return False
    version = data.get("apiVersion")
    if isinstance(version, str) and version:
        return version.startswith(_GROUP)
    return document.source.name in NAMES and bool(_TELLING & data.keys())


def listed(value: Any) -> list[Any]:
    """Return *value* where it is a list, otherwise an empty one."""
    return value if isinstance(value, list) else []


class Kustomizations:
    """All kustomizations of a project."""

    def __init__(self, documents: tuple[Document, ...]) -> None:
        self.by_folder: dict[str, Document] = {}
        for document in documents:
            if is_kustomization(document):
                self.by_folder.setdefault(posixpath.dirname(document.path), document)
        self.patches: set[str] = set()
        self._users: dict[str, list[tuple[Document, bool]]] = defaultdict(list)
        for folder, document in self.by_folder.items():
            for path in files_of_patches(document.data):
                self.patches.add(_joined(folder, path))
            for key in ("resources", "bases", "components"):
                for path in _local(document.data.get(key)):
                    self._users[_joined(folder, path)].append((document, key == "components"))
        self._ways: dict[str, list[Way]] = {}

    def is_root(self, document: Document) -> bool:
        """Tell whether the kustomization *document* is deployed itself: no other includes it, and it is no component."""
        folder = posixpath.dirname(document.path)
        return not self._users.get(folder) and document.data.get("kind") != "Component"

    def ways(self, path: str) -> list[Way]:
        """Return the ways of the resource file *path* to the roots, production first; none when no kustomization lists it."""
        known = self._ways.get(path)
        if known is None:
            known = self._ways[path] = sorted(self._find_ways(path), key=_rank)[:_MOST_PATHS]
        return known

    def ways_of(self, kustomization: Document) -> list[Way]:
        """Return the ways of what *kustomization* generates to the roots, production first."""
        found = self._ways_up([(kustomization, False)])
        return sorted(found, key=_rank)[:_MOST_PATHS]

    def reached(self, root: Document) -> list[str]:
        """Return the files that *root* deploys or patches with, its own and those of what it includes among them."""
        found: dict[str, None] = {}
        pending, seen = [root], {root.path}
        while pending and len(found) < _MOST_RESOURCES:
            here = pending.pop()
            folder = posixpath.dirname(here.path)
            found[here.path] = None
            found.update(dict.fromkeys(_joined(folder, path) for path in files_of_patches(here.data)))
            for key in ("resources", "bases", "components"):
                for path in _local(here.data.get(key)):
                    target = _joined(folder, path)
                    below = self.by_folder.get(target)
                    if below is None:
                        found[target] = None
                    elif below.path not in seen:
                        seen.add(below.path)
                        pending.append(below)
        return list(found)

    def _find_ways(self, path: str) -> list[Way]:
        return self._ways_up([(document, False) for document, _ in self._users.get(path, ())])

    def _ways_up(self, starts: list[tuple[Document, bool]]) -> list[Way]:
        found: list[Way] = []
        pending: list[tuple[Way, Document]] = [(self._level(start, None), start) for start, _ in starts]
        while pending and len(found) < _MOST_PATHS * 4:
            way, here = pending.pop()
            users = self._users.get(posixpath.dirname(here.path), ())
            above = [user for user, _ in users if user not in way]
            if not above or len(way) > _MOST_DEPTH:
                found.append(way)
            pending.extend(((*way, *self._level(user, here)), user) for user in above)
        return found

    def _level(self, kustomization: Document, via: Document | None) -> Way:
        """Return what a resource that enters *kustomization* through *via* is changed by there: later components, then itself."""
        folder = posixpath.dirname(kustomization.path)
        components = [
            component
            for path in _local(kustomization.data.get("components"))
            if (component := self.by_folder.get(_joined(folder, path))) is not None
            and component is not kustomization
        ]
        if via in components:
            components = components[components.index(via) + 1 :]
        return (*components, kustomization)


def kustomizations_of(document: Document) -> Kustomizations | None:
    """Return the kustomizations of the project of *document*; `None` when there are none."""
    if document.resolver is None:
        return None
    documents = document.resolver.named(*NAMES)
    if not documents:
        return None
    memo = documents[0].memo
    if memo.get("kustomizations", (None,))[0] is not documents:
        memo["kustomizations"] = (documents, Kustomizations(documents))
    known: Kustomizations = memo["kustomizations"][1]
    return known


def built(document: Document, pointer: Pointer, data: dict[str, Any]) -> tuple[Document, Pointer, Any] | None:
    """Return the resource *data* at *pointer* of *document* as it comes out of kustomizations; `None` where all delete it."""
    known = kustomizations_of(document)
    if known is None or document.path in known.patches:
        return document, pointer, data
    ways = known.ways(document.path)
    if not ways:
        return document, pointer, data
    return _built(document, lambda: Placed(data, Origin(document, pointer)), ways)


def generated(kustomization: Document) -> Iterator[tuple[Document, Pointer, Any]]:
    """Yield the ConfigMaps and Secrets that *kustomization* generates."""
    from archlint.formats.kubernetes.kustomize_generators import generate  # noqa: PLC0415

    known = kustomizations_of(kustomization)
    alone: Way = (kustomization,)
    ways = known.ways_of(kustomization) if known is not None else [alone]
    for make in generate(kustomization):
        found = _built(kustomization, make, ways)
        if found is not None:
            yield found


def deployment_facts(kustomization: Document) -> Iterator[Fact]:
    """Yield what *kustomization* deploys, if it is a root."""
    known = kustomizations_of(kustomization)
    if known is not None and known.is_root(kustomization):
        for path in known.reached(kustomization):
            yield LinkFact(
                at=kustomization.at(),
                extractor="kustomize",
                kind="deployment",
                source=kustomization.path,
                target=path,
            )


def _built(base: Document, make: Any, ways: list[Way]) -> tuple[Document, Pointer, Any] | None:
    result: Placed | None = None
    naming: Naming | None = None
    for way in ways:
        placed: Placed | None = make()
        ways_naming = Naming(placed)
        for kustomization in way:
            placed = patch(placed, kustomization, ways_naming) if placed is not None else None
            if placed is not None:
                transform(placed, kustomization, ways_naming)
        if placed is None:
            continue
        naming = ways_naming if naming is None else naming.common(ways_naming)
        result = placed if result is None else united(result, placed)
    if result is None or naming is None:
        return None
    naming.apply(result)
    document = PlacedDocument(base, result)
    document.aliases = naming.aliases
    return document, (), document.data


def _rank(way: Way) -> tuple[int, str]:
    path = way[-1].path
    return 0 if _PRODUCTION.search(path) else 2 if _TRIAL.search(path) else 1, path


def _local(value: Any) -> Iterator[str]:
    for item in listed(value):
        if (
            isinstance(item, str)
            and "\n" not in item
            and "://" not in item
            and "?" not in item
            and "@" not in item
        ):
            yield item


def _joined(folder: str, path: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, path))
    return "" if joined == "." else joined
