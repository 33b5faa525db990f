"""Alerts of the Prometheus operator."""

from collections.abc import Iterator

from archlint.api import Fact, SelectFact
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("monitoring.coreos.com",)


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield a PrometheusRule with its alerts: name, expression and labels of each."""
    if manifest.kind != "PrometheusRule" or not manifest.name:
        return
    alerts = [
        {key: rule.get(key) for key in ("alert", "expr", "labels")}
        for group in manifest.items("spec", "groups")
        if isinstance(group, dict) and isinstance(group.get("rules"), list)
        for rule in group["rules"]
        if isinstance(rule, dict) and "alert" in rule
    ]
    yield SelectFact(
        at=manifest.at("metadata", "name"),
        extractor="prometheus",
        kind=f"{manifest.group}/{manifest.kind}",
        name=manifest.name,
        scope=manifest.scope,
        spec={"alerts": alerts},
    )
