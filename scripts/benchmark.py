"""How fast archlint is, against its peers where they are installed.

    uv run scripts/benchmark.py [--runs 3] [--workloads DIR] [--peers DIR] [NAME ...]

Every workload and tool runs in turn in one pass, `--runs` times; CPU time (user and system) and peak memory are those of the process
and the children it waited for, by `wait4`; medians are printed, with the ratio to archlint, as a table in Markdown. Ratios of one pass
hold on noisy machines; absolute values do not. Worker processes of `--jobs auto` belong to a fork server that nobody waits for: there
only the wall-clock time tells.

Workloads are made in `--workloads` (default: a folder in the system's temporary folder, kept between passes): a tiny description, GitHub's
description as JSON and YAML (npm package `@octokit/openapi`), and a folder of 150 descriptions made by renaming parts of one. The folder
is checked with `--no-cache`, with a cold and a warm cache, and with `--jobs 1` against `auto`. Peers are looked for on PATH and in
`node_modules/.bin` below `--peers`: `spectral` (npm `@stoplight/spectral-cli`), `redocly` (npm `@redocly/cli`), `vacuum`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ARCHLINT = (sys.executable, "-m", "archlint.cli.entry")
QUIET = ("--format", "json", "--fail-on", "never")


@dataclass
class Measurement:
    """CPU seconds, wall-clock seconds and peak memory in MB of each run of a command on a workload."""

    workload: str
    tool: str
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """A command to time: what it works on, which tool it is, and what to do before each run."""

    workload: str
    tool: str
    command: tuple[str, ...]
    folder: Path
    before: Callable[[], object] = lambda: None


def measure(job: Job, result: Measurement) -> None:
    """Run *job* once, and add what it took to *result*."""
    job.before()
    start = time.perf_counter()
    with Path(os.devnull).open("r+b") as null:
        process = subprocess.Popen(job.command, cwd=job.folder, stdin=null, stdout=null, stderr=null)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    result.wall.append(time.perf_counter() - start)
    result.cpu.append(usage.ru_utime + usage.ru_stime)
    result.memory.append(usage.ru_maxrss / 1024)


def tiny(folder: Path) -> None:
    """Write a description of one operation to *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openapi.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: Tiny, version: 1.0.0}\nservers: [{url: https://tiny.example/v1}]\n"
        "paths:\n  /health:\n    get:\n      operationId: health\n      security: []\n      responses:\n"
        "        '200': {description: alive}\n        default: {description: not alive}\n"
    )


def github(folder: Path) -> None:
    """Fetch GitHub's description from npm and write it to *folder*/json and *folder*/yaml."""
    if (folder / "yaml" / "github.yaml").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(
        ("npm", "pack", "--silent", "@octokit/openapi"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        member = archive.extractfile("package/generated/api.github.com.json")
        if member is None:
            raise SystemExit("npm @octokit/openapi holds no generated/api.github.com.json")
        data = json.loads(member.read())
    for kind in ("json", "yaml"):
        (folder / kind).mkdir(exist_ok=True)
    (folder / "json" / "github.json").write_text(json.dumps(data, indent=2))
    (folder / "yaml" / "github.yaml").write_bytes(_yaml(data))


def _yaml(data: Any) -> bytes:
    import yamlrocks  # noqa: PLC0415 - the parent stays small: its memory would count as the child's

    return yamlrocks.dumps(data)


def many(folder: Path, *, count: int = 150) -> None:
    """Write *count* descriptions of 20 resources each to *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        target = folder / f"api{number:03}.yaml"
        if not target.exists():
            target.write_bytes(_yaml(_description(number)))


def _description(number: int) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for index in range(20):
        name = f"Thing{number}x{index}"
        reference = {"$ref": f"#/components/schemas/{name}"}
        content = {"application/json": {"schema": reference}}
        schemas[name] = {
            "type": "object",
            "required": ["id"],
            "properties": {
                key: {"type": "string", "description": f"The {key} of it"}
                for key in ("id", "name", "owner", "state")
            },
        }
        errors = {"default": {"description": "Something went wrong"}}
        paths[f"/things{index}"] = {
            "get": {
                "operationId": f"list{name}",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "cursor", "in": "query", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "description": "A page",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "items": {"type": "array", "items": reference},
                                        "next": {"type": "string"},
                                    },
                                }
                            }
                        },
                    },
                    **errors,
                },
            },
            "post": {
                "operationId": f"create{name}",
                "requestBody": {"content": content},
                "responses": {"201": {"description": "Created", "content": content}, **errors},
            },
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": f"API {number}", "version": "1.0.0"},
        "servers": [{"url": f"https://api{number}.example/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def jobs(base: Path, peers: Path | None) -> list[Job]:
    """Return every job, the workloads made."""
    tiny(base / "tiny")
    github(base / "github")
    many(base / "many")
    os.environ["XDG_CACHE_HOME"] = str(base / "cache")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    found: list[Job] = []
    for name, folder, target in (
        ("tiny description", base / "tiny", "openapi.yaml"),
        ("GitHub, 13 MB JSON", base / "github" / "json", "github.json"),
        ("GitHub, 10 MB YAML", base / "github" / "yaml", "github.yaml"),
        ("150 descriptions", base / "many", "."),
    ):
        found.append(
            Job(name, "archlint", (*ARCHLINT, "check", target, *QUIET, "--no-cache", "--jobs", "1"), folder)
        )
        found.extend(Job(name, tool, command(folder, target), folder) for tool, command in _peers(peers))
    folder = base / "many"

    def forget() -> None:
        shutil.rmtree(base / "cache", ignore_errors=True)

    check = (*ARCHLINT, "check", ".", *QUIET)
    found.append(
        Job(
            "150 descriptions",
            "archlint, all rules",
            (*check, "--no-cache", "--jobs", "1", "--profile", "all"),
            folder,
        )
    )
    found.append(
        Job("150 descriptions", "archlint --jobs auto", (*check, "--no-cache", "--jobs", "auto"), folder)
    )
    found.append(Job("150 descriptions", "archlint, cold cache", (*check, "--jobs", "1"), folder, forget))
    found.append(Job("150 descriptions", "archlint, warm cache", (*check, "--jobs", "1"), folder))
    found.append(Job("start-up", "archlint --version", (*ARCHLINT, "--version"), base))
    return found


def _peers(folder: Path | None) -> list[tuple[str, Callable[[Path, str], tuple[str, ...]]]]:
    path = os.environ["PATH"]
    if folder is not None:
        path = f"{folder / 'node_modules' / '.bin'}{os.pathsep}{path}"

    def files(workload: Path, target: str) -> list[str]:
        return sorted(str(item.name) for item in workload.glob("*.yaml")) if target == "." else [target]

    found: list[tuple[str, Callable[[Path, str], tuple[str, ...]]]] = []
    if spectral := shutil.which("spectral", path=path):
        ruleset = Path(tempfile.gettempdir()) / "archlint-benchmark-spectral.yaml"
        ruleset.write_text("extends: [[spectral:oas, recommended]]\n")
        found.append(
            ("spectral", lambda f, t: (spectral, "lint", "--ruleset", str(ruleset), "--quiet", *files(f, t)))
        )
    if redocly := shutil.which("redocly", path=path):
        found.append(("redocly", lambda f, t: (redocly, "lint", *files(f, t))))
    if vacuum := shutil.which("vacuum", path=path):
        found.append(("vacuum", lambda f, t: (vacuum, "lint", "--silent", *files(f, t))))
    return found


def main() -> int:
    """Read the command line, run all jobs in turn, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="only workloads or tools whose names hold one of these")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workloads", type=Path, default=Path(tempfile.gettempdir()) / "archlint-benchmark")
    parser.add_argument("--peers", type=Path, default=None)
    arguments = parser.parse_args()
    chosen = [
        job
        for job in jobs(arguments.workloads, arguments.peers)
        if not arguments.names or any(name in f"{job.workload} {job.tool}" for name in arguments.names)
    ]
    results = [Measurement(job.workload, job.tool) for job in chosen]
    for _ in range(arguments.runs):
        for job, result in zip(chosen, results, strict=True):
            measure(job, result)
    base = {result.workload: statistics.median(result.cpu) for result in reversed(results)}
    print("| workload | tool | CPU s | ratio | wall s | peak MB |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for result in results:
        cpu = statistics.median(result.cpu)
        ratio = cpu / base[result.workload]
        wall, memory = statistics.median(result.wall), statistics.median(result.memory)
        print(f"| {result.workload} | {result.tool} | {cpu:.2f} | {ratio:.2f} | {wall:.2f} | {memory:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
