"""How the graph and the rules over it grow with the system.

    uv run scripts/scale.py [--sizes 1000 3000 10000] [--seed 1]

For each size it makes the facts of a system in memory, as reading manifests would give them (four per service: workload, endpoint, config,
catalog entry; six edges per service), builds the graph, runs every rule over it, and prints CPU seconds per step and rule, with the growth
between sizes: time that grows as n log n has an exponent of about 1.1.
"""

import argparse
import math
import random
import resource
import sys
import time
from collections import defaultdict

from archlint.config.model import Config
from archlint.engine.reduce import GRAPH_SUBJECTS, check_graph
from archlint.model.builder import build_graph
from archlint.model.facts import (
    ConfigFact,
    Container,
    DependencyFact,
    EndpointFact,
    Fact,
    Port,
    ServiceFact,
    Setting,
    WorkloadFact,
)
from archlint.plugins.registry import Registry
from archlint.source.location import Location, Region

_TEAM = 50


def _at(path: str, line: int) -> Location:
    return Location(path, ("line", line), region=Region(line, 1, line, 20), anchor=f"/line/{line}")


def system(size: int, *, seed: int) -> list[Fact]:
    """Return the facts of *size* services in namespaces of fifty, with a database for every tenth."""
    chosen = random.Random(seed)  # noqa: S311 - no secrets are made here
    facts: list[Fact] = []
    for number in range(size):
        name, namespace = f"service-{number}", f"team-{number // _TEAM}"
        scope, path = f"k8s:{namespace}", f"{namespace}/{name}.yaml"
        is_store = number % 10 == 0
        settings = [] if is_store else [_setting(chosen, size, number, index, path) for index in range(6)]
        container = Container(
            name=name,
            at=_at(path, 10),
            image="postgres:17" if is_store else f"shop/{name}:1",
            ports=(Port(number=8080),),
            settings=tuple(settings),
        )
        labels = {"app": name, "team": namespace}
        facts.append(
            WorkloadFact(
                at=_at(path, 1),
                kind="Deployment",
                name=name,
                scope=scope,
                labels=labels,
                containers=(container,),
                extractor="kubernetes",
            )
        )
        hosts = (
            name,
            f"{name}.{namespace}",
            f"{name}.{namespace}.svc",
            f"{name}.{namespace}.svc.cluster.local",
        )
        ports = (Port(number=5432 if is_store else 8080, target="8080"),)
        facts.append(
            EndpointFact(
                at=_at(path, 30),
                name=name,
                scope=scope,
                hostnames=hosts,
                selector={"app": name},
                ports=ports,
                kind="ClusterIP",
                extractor="kubernetes",
            )
        )
        facts.append(
            ConfigFact(
                at=_at(path, 50),
                kind="configmap",
                name=name,
                scope=scope,
                entries=(Setting(key="A", value="b", at=_at(path, 51)),),
            )
        )
        facts.append(
            ServiceFact(
                at=_at(path, 60),
                name=name,
                entity=f"component:default/{name}",
                owner=namespace,
                declares=number % 2 == 1,
                extractor="backstage",
            )
        )
        facts.append(
            DependencyFact(
                at=_at(path, 61),
                source=f"component:default/{name}",
                target=f"component:default/service-{(number + 1) % size}",
                declared=True,
                extractor="backstage",
            )
        )
    return facts


def _setting(chosen: random.Random, size: int, number: int, index: int, path: str) -> Setting:
    other = chosen.randrange(size) if index else number // 10 * 10
    host = f"service-{other}.team-{other // _TEAM}"
    value = f"postgres://{host}:5432/db{chosen.randrange(3)}" if other % 10 == 0 else f"http://{host}:8080"
    return Setting(key=f"TARGET_{index}_URL", value=value, at=_at(path, 11 + index))


def main() -> int:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 3_000, 10_000])
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    registry = Registry.load()
    rules = [rule for rule in registry.rules.values() if set(rule.subjects) & set(GRAPH_SUBJECTS)]
    table: dict[str, dict[int, float]] = defaultdict(dict)
    edges: dict[int, int] = {}
    for size in arguments.sizes:
        facts = system(size, seed=arguments.seed)
        config = Config(registry.rules, profile="all")
        start = time.process_time()
        graph = build_graph(facts)
        table["(build the graph)"][size] = built = time.process_time() - start
        edges[size] = len(graph.dependencies)
        for rule in rules:
            start = time.process_time()
            check_graph(facts, [rule], config)
            table[rule.id][size] = max(time.process_time() - start - built, 0.0)
    print(
        "| step | "
        + " | ".join(f"{size:,} services, {edges[size]:,} edges" for size in arguments.sizes)
        + " | exponent |"
    )
    print("| --- |" + " ---: |" * (len(arguments.sizes) + 1))
    first, last = arguments.sizes[0], arguments.sizes[-1]
    for name, times in table.items():
        grown = times[last] / times[first] if times[first] > 0.01 else 0  # noqa: PLR2004 - shorter times are noise
        exponent = f"{math.log(grown) / math.log(last / first):.2f}" if grown > 1 and last > first else "-"
        print(
            f"| {name} | " + " | ".join(f"{times[size]:.2f}" for size in arguments.sizes) + f" | {exponent} |"
        )
    print(
        f"\nin all {sum(times[last] for times in table.values()):.1f} s CPU for {last:,} services, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
