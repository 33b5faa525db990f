"""Chaos Mesh: experiments alone, on a schedule, and as steps of a workflow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archlint.api import Fact, SelectFact
from archlint.formats.kubernetes.views import Manifest

CHAOS = "chaos-mesh.org"
GROUPS = (CHAOS,)
_ONCE = frozenset(("pod-kill", "container-kill"))
_MOST_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is done to which pods: `kind` is `NetworkChaos` and the like, `keys` lead to `spec`, which is as written.

    `is_bounded` tells that something ends it: its duration, the deadline of its step, or that it happens only once.
    """

    manifest: Manifest
    kind: str
    name: str
    keys: tuple[str | int, ...]
    spec: dict[str, Any]
    is_bounded: bool

    @property
    def is_once(self) -> bool:
        """Whether it is over as soon as it happened."""
        return self.kind == "PodChaos" and str(self.spec.get("action")) in _ONCE

    @property
    def selector(self) -> dict[str, Any] | None:
        """Which pods are eligible; `None` for what does not select pods."""
        found = self.spec.get("selector")
        return found if isinstance(found, dict) else None


def experiments(manifest: Manifest) -> Iterator[Experiment]:
    """Yield the experiments that *manifest* describes."""
    if manifest.group != CHAOS:
        return
    spec = manifest.mapping("spec")
    if manifest.kind == "Workflow":
        yield from _steps(manifest, spec, ("spec",))
    elif manifest.kind == "Schedule":
        yield from _inner(manifest, spec, ("spec",), manifest.name, is_bounded=False)
    elif manifest.kind.endswith("Chaos"):
        yield _experiment(manifest, manifest.kind, manifest.name, ("spec",), spec, is_bounded=False)


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the experiments on pods as what applies to workloads, and schedules."""
    for experiment in experiments(manifest):
        if experiment.selector is not None:
            keys = (*experiment.keys, "selector")
            yield SelectFact(
                at=manifest.at(*keys, on_key=True),
                extractor="kubernetes",
                kind=f"{CHAOS}/{experiment.kind}",
                name=experiment.name,
                scope=manifest.scope,
                selector=experiment.selector,
                spec=experiment.spec,
            )


def _steps(manifest: Manifest, spec: dict[str, Any], keys: tuple[str | int, ...]) -> Iterator[Experiment]:
    """Yield the experiments of a workflow's templates, which may hold schedules."""
    templates = spec.get("templates")
    for index, template in enumerate(templates if isinstance(templates, list) else ()):
        if isinstance(template, dict):
            way = (*keys, "templates", index)
            name = str(template.get("name", "") or manifest.name)
            bounded = "deadline" in template or "duration" in template
            yield from _inner(manifest, template, way, name, is_bounded=bounded)
            if isinstance(template.get("schedule"), dict):
                yield from _inner(
                    manifest, template["schedule"], (*way, "schedule"), name, is_bounded=bounded
                )


def _inner(
    manifest: Manifest, spec: dict[str, Any], keys: tuple[str | int, ...], name: str, *, is_bounded: bool
) -> Iterator[Experiment]:
    """Yield the experiment below its own key (`networkChaos`), or those of a scheduled workflow."""
    if isinstance(spec.get("workflow"), dict) and len(keys) < _MOST_DEPTH:
        yield from _steps(manifest, spec["workflow"], (*keys, "workflow"))
    for key, value in spec.items():
        if key.endswith("Chaos") and isinstance(value, dict):
            kind = key[:1].upper() + key[1:]
            if kind.startswith(("Io", "Http", "Dns", "Jvm", "Aws", "Gcp")):
                kind = key.removesuffix("Chaos").upper() + "Chaos"
            yield _experiment(manifest, kind, name, (*keys, key), value, is_bounded=is_bounded)


def _experiment(
    manifest: Manifest,
    kind: str,
    name: str,
    keys: tuple[str | int, ...],
    spec: dict[str, Any],
    *,
    is_bounded: bool,
) -> Experiment:
    found = Experiment(manifest, kind, name, keys, spec, is_bounded=is_bounded or bool(spec.get("duration")))
    if found.is_once and not found.is_bounded:
        return Experiment(manifest, kind, name, keys, spec, is_bounded=True)
    return found
