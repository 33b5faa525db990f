"""Whether checking costs too much: per document against parsing and locating it, and per rule.

    uv run scripts/bounds.py CORPUS [--profile all] [--times 4] [--seconds 0.2] [--share 0.1] [--most 15] [NAME ...]

Every OpenAPI document below CORPUS is checked in this process, with fresh files each time. Of each the CPU time is measured of reading and
parsing it (and what it refers to) and locating its findings and facts, and of the whole check; the smaller of two passes counts, and the
cyclic collector is run between documents. A document is over the bound when the check takes more than `--times` times that plus
`--seconds`, a rule when it takes more than `--share` of the time of all documents. What rules share (files that are referred to, an
understanding of the API) would count for the rule that asks first: rules are timed in a second check of documents in memory. The exit
status is 1 when something is over a bound.
"""

import argparse
import gc
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from archlint.config.model import Config
from archlint.engine.check import Checker
from archlint.engine.discover import discover
from archlint.engine.locate import locate, locations_in
from archlint.engine.resolve import Workspace
from archlint.plugins.registry import Registry
from archlint.rule.rule import Rule

FORMAT = "openapi"


@dataclass(frozen=True)
class Cost:
    """CPU seconds of one document: of parsing and locating it, and of the whole check."""

    path: str
    size: int
    findings: int
    base: float
    check: float

    @property
    def ratio(self) -> float:
        """What the check costs, as a multiple of parsing and locating."""
        return self.check / self.base


def documents(registry: Registry, root: Path, names: list[str]) -> Iterator[tuple[Path, str]]:
    """Yield the folder (a project of the corpus) and the path in it of every OpenAPI document below *root*."""
    for kind in sorted(path for path in root.iterdir() if path.is_dir()):
        for project in sorted(path for path in kind.iterdir() if path.is_dir()):
            if names and not any(name in f"{kind.name}/{project.name}" for name in names):
                continue
            checker = Checker(registry, Config(registry.rules), Workspace(project, registry.formats))
            for path in discover(project, (str(project),), patterns=checker.detector.patterns).files:
                found = checker.workspace.documents(path)
                if any(checker.detector.recognise(one) and one.format == FORMAT for one in found):
                    yield project, path


def measured(registry: Registry, config: Config, root: Path, path: str) -> Cost:
    """Return what checking the file at *path* below *root* costs, with everything read anew."""
    gc.collect()
    start = time.process_time()
    checked = Checker(registry, config, Workspace(root, registry.formats)).check(path)
    whole = time.process_time() - start
    opened = [path, *(name for name in checked.dependencies if not name.endswith("/"))]
    places = list(locations_in([checked.findings, checked.facts]))
    for place in places:
        place.region = None
    gc.collect()
    start = time.process_time()
    workspace = Workspace(root, registry.formats)
    for name in opened:
        workspace.documents(name)
    locate(places, workspace)
    base = time.process_time() - start
    return Cost(f"{root.name}/{path}", os.path.getsize(root / path), len(checked.findings), base, whole)


class Timers:
    """CPU seconds by rule; wraps the rules' checks. What rules share was found out before."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def around(self, rule: Rule) -> Rule:
        """Return *rule* with a check that is timed."""
        applies, check = rule.applies, rule.check

        def timed(call: Callable[..., Any]) -> Callable[..., Any]:
            def run(*arguments: Any) -> Any:
                start = time.thread_time()
                try:
                    result = call(*arguments)
                    return result if isinstance(result, bool) else list(result)
                finally:
                    self.seconds[rule.id] += time.thread_time() - start

            return run

        return replace(rule, check=timed(check), applies=timed(applies) if applies else None)


def main() -> int:
    """Measure every document and print the tables; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("names", nargs="*", help="only projects whose names hold one of these")
    parser.add_argument("--profile", default="all")
    parser.add_argument("--times", type=float, default=4)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--most", type=int, default=15)
    arguments = parser.parse_args()
    registry, timers = Registry.load(), Timers()
    plain = Config(registry.rules, profile=arguments.profile)
    timed = Config(
        {name: timers.around(rule) for name, rule in registry.rules.items()}, profile=arguments.profile
    )
    watched = replace(registry)
    watched.rules = dict(timed.rules)
    costs: list[Cost] = []
    for root, path in documents(registry, arguments.corpus, arguments.names):
        first, second = (measured(registry, plain, root, path) for _ in range(2))
        costs.append(replace(first, base=min(first.base, second.base), check=min(first.check, second.check)))
        workspace = Workspace(root, registry.formats)
        Checker(registry, plain, workspace).check(path)
        Checker(watched, timed, workspace).check(path)
    over = [cost for cost in costs if cost.check > arguments.times * cost.base + arguments.seconds]
    costs.sort(key=lambda cost: -(cost.check - arguments.seconds) / cost.base)
    print(
        "| document | KB | findings | parse + locate s | check s | ratio |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    for cost in costs[: arguments.most]:
        print(
            f"| {cost.path} | {cost.size // 1024} | {cost.findings} | {cost.base:.3f} | {cost.check:.3f} | {cost.ratio:.1f} |"
        )
    whole = sum(cost.check for cost in costs)
    print(
        f"\n{len(costs)} documents: parse + locate {sum(cost.base for cost in costs):.1f} s, check {whole:.1f} s\n"
    )
    print("| rule | s | share |\n| --- | ---: | ---: |")
    for name, seconds in sorted(timers.seconds.items(), key=lambda item: -item[1])[: arguments.most]:
        print(f"| `{name}` | {seconds:.2f} | {seconds / whole:.1%} |")
    dear = [name for name, seconds in timers.seconds.items() if seconds > arguments.share * whole]
    print(f"\nover the bound: {len(over)} documents {[cost.path for cost in over]}, {len(dear)} rules {dear}")
    return 1 if over or dear else 0


if __name__ == "__main__":
    sys.exit(main())
