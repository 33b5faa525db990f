"""How the graph and the rules over it grow with the system.

    uv run scripts/scale.py [--sizes 1000 3000 10000] [--seed 1] [RULE ...]

For each size it makes the manifests of a system in memory (`scripts/synthetic.py`: four per service, about six edges each), reads their facts
as a check would, builds the graph, and runs every rule over it, alone and once. It prints CPU seconds per step and rule, and how they grow:
time that grows as n log n has an exponent of about 1.1. Graphs are kept from the garbage collector meanwhile, whose full passes would count
for whichever rule they meet. It exits with 1 when a step of the largest size grows faster than `--exponent` or when graph and rules take
more than is allowed.
"""

import argparse
import gc
import math
import resource
import sys
import time
from collections import defaultdict

from synthetic import facts_of

from archlint.config.model import Config
from archlint.engine.reduce import GRAPH_SUBJECTS, run_rules
from archlint.model.builder import build_graph
from archlint.plugins.registry import Registry
from archlint.source.garbage import uncollected

BUILD = "(build the graph)"
_NOISE = 0.1
"""Seconds: what is shorter says nothing about growth."""


def main() -> int:
    """Measure every size and print the table; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="only rules whose ids hold one of these")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 3_000, 10_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--exponent", type=float, default=1.35)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--megabytes", type=int, default=2_048)
    arguments = parser.parse_args()
    registry = Registry.load()
    rules = [
        rule
        for rule in registry.rules.values()
        if set(rule.subjects) & set(GRAPH_SUBJECTS)
        and (not arguments.names or any(name in rule.id for name in arguments.names))
    ]
    config = Config(registry.rules, profile="all")
    table: dict[str, dict[int, float]] = defaultdict(dict)
    counts: dict[str, int] = {}
    heads: list[str] = []
    for size in arguments.sizes:
        facts = facts_of(size, seed=arguments.seed)
        gc.collect()
        with uncollected():
            start = time.process_time()
            graph = build_graph(facts)
            table[BUILD][size] = time.process_time() - start
            heads.append(f"{size:,} services, {len(facts):,} facts, {len(graph.dependencies):,} edges")
            for rule in rules:
                start = time.process_time()
                counts[rule.id] = sum(1 for _ in run_rules(graph, [rule], config))
                table[rule.id][size] = time.process_time() - start
        del graph, facts
    print("| step | " + " | ".join(heads) + " | exponent | findings |")
    print("| --- |" + " ---: |" * (len(heads) + 2))
    fast = True
    for name, times in sorted(table.items(), key=lambda item: -item[1][arguments.sizes[-1]]):
        grown = exponent(times)
        fast = fast and grown <= arguments.exponent
        figures = " | ".join(f"{times[size]:.2f}" for size in arguments.sizes)
        print(f"| {name} | {figures} | {f'{grown:.2f}' if grown else '-'} | {counts.get(name, '')} |")
    total = sum(times[arguments.sizes[-1]] for times in table.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"\ngraph and rules {total:.1f} s CPU for {arguments.sizes[-1]:,} services, peak {peak} MB")
    return 0 if fast and total <= arguments.seconds and peak <= arguments.megabytes else 1


def exponent(times: dict[int, float]) -> float:
    """Return the power of the size that *times* grow with between the two largest sizes; 0 where they are too short to tell."""
    sizes = sorted(times)[-2:]
    if len(sizes) < 2 or max(times[size] for size in sizes) < _NOISE:  # noqa: PLR2004
        return 0
    small, large = (max(times[size], 0.001) for size in sizes)
    return max(math.log(large / small) / math.log(sizes[1] / sizes[0]), 0)


if __name__ == "__main__":
    sys.exit(main())
