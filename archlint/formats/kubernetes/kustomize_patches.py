"""The patches of kustomizations: what they aim at, where they stand, and what they do."""

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archlint.api import Document, Pointer, Source, parse, regex
from archlint.formats.kubernetes.placed import Origin, Placed, merged, operate

if TYPE_CHECKING:
    from archlint.formats.kubernetes.kustomize_transforms import Naming

_PLAIN_PATTERN = regex(r"[\w.\-|()^$*?+\[\]]{0,200}\Z")
_MOST_REPEATS = 2
_BUILT_IN = regex(r"(?:|apps|batch|policy|autoscaling|extensions|[a-z0-9.]+\.k8s\.io)\Z")


def files_of_patches(data: Any) -> Iterator[str]:
    """Yield the paths of the files that the kustomization *data* lists as patches."""
    for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        entries = data.get(key) if isinstance(data, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            path = entry.get("path") if isinstance(entry, dict) else entry
            if isinstance(path, str) and "\n" not in path:
                yield path


def patch(placed: Placed, kustomization: Document, naming: "Naming") -> Placed | None:
    """Return the resource *placed* with the patches of *kustomization* that aim at it; `None` where one deletes it."""
    here: Placed | None = placed
    for target, document, origin in _patches(kustomization):
        if here is None:
            return None
        data = document.data
        if isinstance(data, list):
            if target is not None and _is_meant(here, target, naming):
                operate(here, Placed(data, origin))
        elif isinstance(data, dict) and (
            _is_meant(here, target, naming) if target is not None else _is_same(here, data, naming)
        ):
            here = _merged(here, data, origin)
    return here


def _merged(placed: Placed, data: dict[str, Any], origin: Origin) -> Placed | None:
    name = placed.get("metadata", "name")
    version = placed.get("apiVersion")
    group = str(version.data if version is not None else "").rpartition("/")[0]
    found = merged(placed, Placed(data, origin), lists=_BUILT_IN.match(group) is not None)
    if found is not None and name is not None:
        metadata = found.get("metadata")
        if metadata is not None and metadata.is_mapping:
            metadata.entries()["name"] = name
    return found


def _patches(kustomization: Document) -> Iterator[tuple[dict[str, Any] | None, Document, Origin]]:
    """Yield the patches as target (`None` where the patch itself names it), document, and where it starts."""
    data = kustomization.data
    for key in ("patchesStrategicMerge", "patches", "patchesJson6902"):
        entries = data.get(key)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, str):
                inline = "\n" in entry
                text, path = (entry, None) if inline else (None, entry)
                target = None
                pointer: Pointer = (key, index)
            elif isinstance(entry, dict):
                text, path = entry.get("patch"), entry.get("path")
                target, pointer = entry.get("target"), (key, index, "patch")
            else:
                continue
            wanted = target if isinstance(target, dict) else None
            for document, origin in _documents(kustomization, text, path, pointer):
                yield wanted, document, origin


def _documents(
    kustomization: Document, text: Any, path: Any, pointer: Pointer
) -> Iterator[tuple[Document, Origin]]:
    if isinstance(text, str):
        for document in _inline(kustomization, text, pointer):
            yield document, Origin(kustomization, (), document, pointer, _start(kustomization, text, pointer))
    elif isinstance(path, str) and "\n" not in path and kustomization.resolver is not None:
        full = posixpath.normpath(posixpath.join(posixpath.dirname(kustomization.path), path))
        for document in kustomization.resolver.documents(full):
            yield document, Origin(document)


def _inline(kustomization: Document, text: str, pointer: Pointer) -> tuple[Document, ...]:
    known: tuple[Document, ...] | None = kustomization.memo.get(("patch", pointer))
    if known is None:
        known = parse(Source(kustomization.path, text.encode("utf-8", "surrogatepass"))).documents
        kustomization.memo["patch", pointer] = known
    return known


def _start(kustomization: Document, text: str, pointer: Pointer) -> tuple[int, int]:
    """Return the lines and columns by which the text at *pointer* is moved: those of a block scalar, otherwise where it starts."""
    known: tuple[int, int] | None = kustomization.memo.get(("start", pointer))
    if known is None:
        region = kustomization.locator.locate([(pointer, False)])[pointer, False]
        lines = kustomization.source.lines
        first = text.split("\n", 1)[0]
        known = region.start_line - 1, region.start_column - 1
        following = lines[region.start_line] if region.start_line < len(lines) else ""
        if first.strip() and following.strip() == first.strip():
            indent = (len(following) - len(following.lstrip())) - (len(first) - len(first.lstrip()))
            known = region.start_line, max(indent, 0)
        kustomization.memo["start", pointer] = known
    return known


def _is_same(placed: Placed, data: dict[str, Any], naming: "Naming") -> bool:
    """Tell whether the strategic merge patch *data* is of the resource *placed*: group, kind and name are the same."""
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    version = data.get("apiVersion")
    mine = placed.get("apiVersion")
    return (
        isinstance(name, str)
        and name in naming.names
        and data.get("kind") == _scalar(placed, "kind")
        and str(version).rpartition("/")[0] == str(mine.data if mine else "").rpartition("/")[0]
    )


def _is_meant(placed: Placed, target: dict[str, Any], naming: "Naming") -> bool:
    """Tell whether the selector *target* of a patch selects *placed*."""
    group, _, version = _scalar(placed, "apiVersion").rpartition("/")
    for key, values in (
        ("group", {group}),
        ("version", {version}),
        ("kind", {_scalar(placed, "kind")}),
        ("name", naming.names),
        ("namespace", {_scalar(placed, "metadata", "namespace"), naming.namespace}),
    ):
        pattern = target.get(key)
        if isinstance(pattern, str) and pattern and not any(_fits(pattern, value) for value in values):
            return False
    return all(
        _selects(target.get(key), placed.get("metadata", part))
        for key, part in (("labelSelector", "labels"), ("annotationSelector", "annotations"))
    )


def _fits(pattern: str, value: str) -> bool:
    if pattern == value:
        return True
    if not _PLAIN_PATTERN.match(pattern) or len(re.findall(r"[*+]", pattern)) > _MOST_REPEATS:
        return False
    try:
        return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value) is not None
    except re.error:
        return False


def _selects(selector: Any, labels: Placed | None) -> bool:
    """Tell whether the selector text (`a=b,c!=d,e`) selects *labels*; forms beyond that select nothing."""
    if not isinstance(selector, str) or not selector.strip():
        return True
    data = labels.data if labels is not None and labels.is_mapping else {}
    for part in selector.split(","):
        name, equals, value = part.strip().replace("==", "=").partition("=")
        negated = name.endswith("!")
        name = name.rstrip("!").strip()
        if " " in name:
            return False
        has = str(data.get(name)) == value.strip() if equals else name in data
        if has is negated:
            return False
    return True


def _scalar(placed: Placed, *keys: str) -> str:
    found = placed.get(*keys)
    return found.data if found is not None and isinstance(found.data, str) else ""
