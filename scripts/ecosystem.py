"""What archlint says of real projects, and what a change does to that.

    uv run scripts/ecosystem.py run OUT.json [--corpus DIR] [--profile all] [--jobs 2] [NAME ...]
    uv run scripts/ecosystem.py diff OLD.json NEW.json [--most 40]

`run` checks every project of the corpus (a folder of folders of projects, by default `shared/corpus` beside this project), one
process each, and writes all findings. It exits with 1 when a project made archlint crash, hang or report an `internal-error`.
`diff` prints a table of rule by new and gone, in Markdown, and the findings behind it.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ARCHLINT = (sys.executable, "-m", "archlint.cli.entry")
TIME_LIMIT = 600


def projects(corpus: Path, names: list[str]) -> Iterator[Path]:
    """Yield the project folders of *corpus*, those that match one of *names* where some are given."""
    for kind in sorted(path for path in corpus.iterdir() if path.is_dir()):
        for project in sorted(path for path in kind.iterdir() if path.is_dir()):
            label = f"{kind.name}/{project.name}"
            if not names or any(name in label for name in names):
                yield project


def check(project: Path, *, profile: str) -> dict[str, Any]:
    """Check *project* in a process of its own; return its findings, or what went wrong."""
    command = (
        *ARCHLINT,
        "check",
        ".",
        "--root",
        ".",
        "--profile",
        profile,
        "--format",
        "json",
        "--fail-on",
        "never",
        "--no-cache",
    )
    started = time.monotonic()
    try:
        done = subprocess.run(
            command, cwd=project, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return {"fault": f"still running after {TIME_LIMIT} s", "findings": []}
    seconds = round(time.monotonic() - started, 2)
    fault = ""
    findings: list[dict[str, Any]] = []
    try:
        findings = json.loads(done.stdout)["findings"]
    except (ValueError, KeyError):
        fault = f"exit status {done.returncode}, no report: {done.stderr[-2000:]}"
    if done.returncode or "Traceback" in done.stderr:
        fault = fault or f"exit status {done.returncode}: {done.stderr[-2000:]}"
    broken = [finding for finding in findings if finding["rule"] == "internal-error"]
    if broken:
        fault = fault or f"{len(broken)} x internal-error: {broken[0]['path']}: {broken[0]['message']}"
    return {"fault": fault, "findings": findings, "seconds": seconds}


def run(arguments: argparse.Namespace) -> int:
    """Check every project and write the outcome; return the exit status."""
    found = list(projects(arguments.corpus, arguments.names))
    with ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda project: check(project, profile=arguments.profile), found))
    outcome = {
        f"{project.parent.name}/{project.name}": result
        for project, result in zip(found, results, strict=True)
    }
    arguments.out.write_text(json.dumps(outcome, indent=1))
    rules = Counter(finding["rule"] for result in results for finding in result["findings"])
    for rule, count in rules.most_common():
        print(f"{count:7} {rule}")
    print(f"{len(found)} projects, {sum(rules.values())} findings")
    faults = {name: result["fault"] for name, result in outcome.items() if result["fault"]}
    for name, fault in faults.items():
        print(f"FAULT {name}: {fault}")
    return 1 if faults else 0


def diff(arguments: argparse.Namespace) -> int:
    """Print what is new and gone between two outcomes; return the exit status."""
    old, new = _keyed(arguments.old), _keyed(arguments.new)
    gained = {key: value for key, value in new.items() if key not in old}
    lost = {key: value for key, value in old.items() if key not in new}
    table = {rule: [0, 0] for rule in sorted({key[1] for key in (*gained, *lost)})}
    for key in gained:
        table[key[1]][0] += 1
    for key in lost:
        table[key[1]][1] += 1
    print("| rule | new | gone |\n| --- | ---: | ---: |")
    for rule, (plus, minus) in table.items():
        print(f"| `{rule}` | {plus} | {minus} |")
    for sign, found in (("+", gained), ("-", lost)):
        for shown, (key, finding) in enumerate(sorted(found.items())):
            if shown == arguments.most:
                print(f"{sign} … {len(found) - shown} more")
                break
            line = (finding.get("region") or {}).get("startLine", 0)
            print(f"{sign} {key[0]}/{finding['path']}:{line} {finding['rule']}: {finding['message']}")
    return 0


def _keyed(path: Path) -> dict[tuple[str, ...], dict[str, Any]]:
    return {
        (name, finding["rule"], finding["path"], finding["pointer"] or "", finding["message"]): finding
        for name, result in json.loads(path.read_text()).items()
        for finding in result["findings"]
    }


def main() -> int:
    """Read the command line and run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    runner = commands.add_parser("run")
    runner.add_argument("out", type=Path)
    runner.add_argument("names", nargs="*")
    runner.add_argument("--corpus", type=Path, default=ROOT.parent / "shared" / "corpus")
    runner.add_argument("--profile", default="all")
    runner.add_argument("--jobs", type=int, default=2)
    runner.set_defaults(command=run)
    differ = commands.add_parser("diff")
    differ.add_argument("old", type=Path)
    differ.add_argument("new", type=Path)
    differ.add_argument("--most", type=int, default=40)
    differ.set_defaults(command=diff)
    arguments = parser.parse_args()
    status: int = arguments.command(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
