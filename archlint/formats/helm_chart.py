"""The charts that a Helm chart depends on: databases and brokers that a release brings along without a file here."""

import posixpath
from collections.abc import Iterator
from typing import Any

from archlint.api import Document, EndpointFact, Fact, Format, Node, engine_of

_CHART, _VALUES, _REQUIREMENTS = "Chart.yaml", "values.yaml", "requirements.yaml"
_MOST = 100
_SIZES = ("-ha", "-cluster", "-sharded")
_ENDINGS = (
    "", "-headless", "-hl", "-master", "-primary", "-read", "-replicas", "-secondary", "-server", "-client", "-svc", "-bootstrap",
    "-controller-headless", "-broker-headless", "-haproxy", "-pgpool", "-proxy", "-arbiter-headless",
)  # fmt: skip
"""How charts name the Services of what they run."""


class HelmChartFormat(Format):
    """Recognises what a chart says of itself, and the `requirements.yaml` of charts of version 1, by their dependencies."""

    name = "helm_chart"

    def sniff(self, document: Document) -> str:
        """Return `helm chart` for one with dependencies."""
        data = document.data
        if not isinstance(data, dict) or "kind" in data or not isinstance(data.get("dependencies"), list):
            return ""
        is_chart = data.get("apiVersion") in {"v1", "v2"} and isinstance(data.get("name"), str)
        is_list = posixpath.basename(document.path) == _REQUIREMENTS
        return "helm chart" if is_chart or is_list else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield nothing: no rule asks for charts."""
        del document, wanted
        yield from ()

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the names under which the datastores and brokers of the charts below are reached; the release is called like the chart."""
        release = _mapping(document, _CHART).get("name")
        values = _mapping(document, _VALUES)
        if not isinstance(release, str) or "{{" in release:
            return
        for index, entry in enumerate(document.data["dependencies"][:_MOST]):
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                continue
            alias = entry.get("alias")
            name = alias if isinstance(alias, str) and alias else entry["name"]
            engine = _engine(entry["name"])
            if engine and not _is_here(document, entry) and not _is_off(values, entry):
                yield EndpointFact(
                    at=document.at(("dependencies", index, "name")),
                    extractor="helm chart",
                    name=_full_name(release, name, values.get(name)),
                    scope="k8s:default",
                    hostnames=tuple(_hosts(_full_name(release, name, values.get(name)))),
                    kind="Operator",
                    headless=True,
                    engine=engine,
                )


def _engine(chart: str) -> str:
    for ending in _SIZES:
        chart = chart.removesuffix(ending)
    return engine_of(chart)


def _full_name(release: str, name: str, values: Any) -> str:
    """Return what Helm's own template of a chart calls its resources."""
    given = values if isinstance(values, dict) else {}
    full, short = given.get("fullnameOverride"), given.get("nameOverride")
    if isinstance(full, str) and full:
        return full
    name = short if isinstance(short, str) and short else name
    return release if name in release else f"{release}-{name}"


def _hosts(name: str) -> Iterator[str]:
    for ending in _ENDINGS:
        for zone in ("", ".default", ".default.svc", ".default.svc.cluster.local"):
            yield f"{name}{ending}{zone}"


def _is_here(document: Document, entry: dict[str, Any]) -> bool:
    """Tell whether the templates of the chart can be read here."""
    place = str(entry.get("repository") or "")
    folder = posixpath.join(posixpath.dirname(document.path), "charts", entry["name"])
    resolver = document.resolver
    return place.startswith("file:") or (
        resolver is not None and resolver.read(posixpath.join(folder, _CHART)) is not None
    )


def _is_off(values: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Tell whether the chart's own values leave the other out."""
    condition = entry.get("condition")
    value: Any = values
    for part in condition.partition(",")[0].split(".") if isinstance(condition, str) else ():
        value = value.get(part) if isinstance(value, dict) else None
    return value is False


def _mapping(document: Document, name: str) -> dict[str, Any]:
    """Return what the file *name* beside *document* holds."""
    if posixpath.basename(document.path) == name:
        return document.data if isinstance(document.data, dict) else {}
    path = posixpath.join(posixpath.dirname(document.path), name)
    resolver = document.resolver
    if resolver is None or resolver.read(path) is None:
        return {}
    documents = resolver.documents(path)
    data = documents[0].data if documents else None
    return data if isinstance(data, dict) else {}


FORMAT = HelmChartFormat()
