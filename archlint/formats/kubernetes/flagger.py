"""Progressive delivery: Flagger canaries with the Services and routes that they make, and Argo Rollouts."""

from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Backend,
    EndpointFact,
    Fact,
    Policy,
    PolicyKey,
    PolicyValue,
    Port,
    RouteFact,
    SelectFact,
)
from archlint.formats.kubernetes.kept import kept, reference
from archlint.formats.kubernetes.mesh import milliseconds
from archlint.formats.kubernetes.views import Manifest, number_of, text_map

GROUPS = ("flagger.app", "argoproj.io")
_MADE = ("", "-primary", "-canary")


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the canary with the workload it releases, the Services made for it and their routes.

    For a Rollout, its target is the workload whose template it takes.
    """
    if manifest.kind == "Canary" and manifest.group == "flagger.app":
        target = reference(manifest, "spec", "targetRef")
        yield kept(manifest, target=target)
        if target is not None and "{{" not in target[1] and isinstance(manifest.get("spec", "service"), dict):
            yield from _made(manifest, target)
    elif manifest.kind == "Rollout" and manifest.group == "argoproj.io":
        yield kept(manifest, target=reference(manifest, "spec", "workloadRef"))
        yield from _experiments(manifest)


def _experiments(manifest: Manifest) -> Iterator[Fact]:
    """Yield the pods with labels of their own that steps of a Rollout run for a while, as what selects them."""
    for index, step in enumerate(manifest.items("spec", "strategy", "canary", "steps")):
        experiment = step.get("experiment") if isinstance(step, dict) else None
        templates = experiment.get("templates") if isinstance(experiment, dict) else None
        for number, template in enumerate(templates if isinstance(templates, list) else ()):
            metadata = template.get("metadata") if isinstance(template, dict) else None
            labels = metadata.get("labels") if isinstance(metadata, dict) else None
            if isinstance(labels, dict) and labels:
                keys = ("spec", "strategy", "canary", "steps", index, "experiment", "templates", number)
                yield SelectFact(
                    at=manifest.at(*keys),
                    extractor="flagger",
                    kind="argoproj.io/Experiment",
                    name=str(template.get("name", "")),
                    scope=manifest.scope,
                    selector={"matchLabels": text_map(labels)},
                )


def _made(manifest: Manifest, target: tuple[str, str]) -> Iterator[Fact]:
    """Yield the Services of the workload, its stable and its new version, and the route that shifts traffic between them."""
    given = manifest.get("spec", "service", "name")
    name = given if isinstance(given, str) and given else target[1]
    if target[0] != "Service":
        port = manifest.get("spec", "service", "port")
        at = manifest.at("spec", "service", on_key=True)
        namespace = manifest.namespace or "default"
        for ending in _MADE:
            short = name + ending
            yield EndpointFact(
                at=at,
                extractor="flagger",
                name=short,
                scope=manifest.scope,
                hostnames=(
                    short,
                    f"{short}.{namespace}",
                    f"{short}.{namespace}.svc",
                    f"{short}.{namespace}.svc.cluster.local",
                ),
                workload=target[1],
                ports=(Port(number=number_of(port), at=at),),
                kind="ClusterIP",
            )
    yield _route(manifest, name)


def _route(manifest: Manifest, name: str) -> RouteFact:
    names = [entry for entry in manifest.items("spec", "service", "gateways") if isinstance(entry, str)]
    hosts = [host for host in manifest.items("spec", "service", "hosts") if isinstance(host, str)]
    at = manifest.at("spec", "service", on_key=True)
    return RouteFact(
        at=at,
        extractor="flagger",
        confidence=0.9,
        kind="Canary",
        name=manifest.name,
        scope=manifest.scope,
        hosts=tuple(dict.fromkeys((*hosts, name))),
        backends=tuple(
            Backend(host=name + ending, at=at, scope=manifest.scope) for ending in ("-primary", "-canary")
        ),
        public=True if any(entry != "mesh" for entry in names) else None,
        mesh=not names or "mesh" in names,
        policy=_policy(manifest),
    )


def _policy(manifest: Manifest) -> Policy | None:
    """Return what is written of timeouts and retries, which go to the provider's own route as they are."""
    values: dict[PolicyKey, PolicyValue] = {}
    keys: tuple[tuple[PolicyKey, tuple[str, ...]], ...] = (
        ("timeoutMs", ("timeout",)),
        ("perTryTimeoutMs", ("retries", "perTryTimeout")),
    )
    for key, way in keys:
        value: Any = manifest.get("spec", "service", *way)
        found = milliseconds(value) if value is not None else None
        if found is not None:
            values[key] = PolicyValue(found, manifest.at("spec", "service", *way))
    attempts = manifest.get("spec", "service", "retries", "attempts")
    if isinstance(attempts, int) and not isinstance(attempts, bool):
        values["retries"] = PolicyValue(attempts, manifest.at("spec", "service", "retries", "attempts"))
    return Policy(tool="flagger", layer="sidecar", values=values) if values else None
