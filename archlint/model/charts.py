"""Charts beside the manifests that they render to, or that say the same by hand."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from archlint.model.facts import Fact, WorkloadFact


def deployed(facts: Sequence[Fact]) -> Sequence[Fact]:
    """Return *facts* without those of charts of which at least half of the workloads stand in plain manifests as well.

    Such a chart is another way to deploy what is there. What stands in manifests is known better than what a template may give; a release
    may put its name before those of the workloads.
    """
    charts: dict[str, set[str]] = defaultdict(set)
    plain: set[str] = set()
    for fact in facts:
        if isinstance(fact, WorkloadFact) and fact.scope.startswith("k8s:"):
            chart = fact.extra.get("chart")
            if isinstance(chart, str):
                charts[chart].add(fact.name)
            else:
                plain.update(_endings(fact.name))
    again = {chart for chart, names in charts.items() if 2 * len(names & plain) >= len(names)}
    if not again:
        return facts
    return [fact for fact in facts if again.isdisjoint(_charts_of(fact.at.path))]


def _endings(name: str) -> Iterator[str]:
    """Yield *name*, and it without the first of its parts, and so on."""
    while name:
        yield name
        name = name.partition("-")[2]


def _charts_of(path: str) -> Iterator[str]:
    """Yield the folders that *path* may be a template of the chart of."""
    parts = path.split("/")
    for index, part in enumerate(parts[:-1]):
        if part == "templates":
            yield "/".join(parts[:index])
