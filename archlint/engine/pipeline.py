"""One run: from paths to a report."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import archlint
from archlint.config.model import Config
from archlint.engine.baseline import Baseline, looks_for
from archlint.engine.baseline import apply as apply_baseline
from archlint.engine.baseline import load as load_baseline
from archlint.engine.cache import Cache, code_stamp, run_key
from archlint.engine.check import Checked, Checker, crash
from archlint.engine.discover import Discovered, discover
from archlint.engine.edits import attach
from archlint.engine.executors import check_files
from archlint.engine.locate import locate, locations_in
from archlint.engine.reduce import Fixes, check_graph
from archlint.engine.resolve import Workspace
from archlint.engine.since import Changes, changed_since, only_changed
from archlint.engine.suppress import apply as suppress
from archlint.findings.finding import Finding, fingerprint
from archlint.findings.problem import Related
from archlint.findings.report import Notice, Report, RuleInfo
from archlint.findings.severity import Severity
from archlint.model.facts import Fact
from archlint.model.graph import ServiceGraph
from archlint.plugins.registry import Registry
from archlint.rule.diagnostics import DIAGNOSTICS
from archlint.rule.docs import describe
from archlint.rule.rule import Rule
from archlint.source.files import inside, read_bytes
from archlint.source.location import Location, Region
from archlint.source.patterns import regex
from archlint.source.source import Source

if TYPE_CHECKING:
    from concurrent.futures import Executor

_OPERATION = regex(r"`(?:GET|PUT|POST|DELETE|PATCH|HEAD|OPTIONS|TRACE|QUERY) /[^`]*`")


@dataclass(frozen=True, slots=True)
class Request:
    """What to check and how.

    `paths` are files and folders (relative to the working folder); `root` is the project, outside of which nothing is read.
    `facts` are facts of other repositories. `stdin` stands for the file of its path and is checked beside `paths`, those of `overlay` stand for files of the project. `since` is a git ref. The map step runs in `executor`, where one is given. `progress` is called with the number of files done and of all.
    """

    root: Path
    registry: Registry
    config: Config
    paths: tuple[str, ...] = (".",)
    facts: tuple[Fact, ...] = ()
    stdin: Source | None = None
    overlay: tuple[Source, ...] = ()
    cache: bool = True
    executor: "Executor | None" = None
    since: str = ""
    show_suppressed: bool = False
    progress: Callable[[int, int], None] = lambda _done, _all: None

    @property
    def is_whole(self) -> bool:
        """Tell whether the whole project is checked, rather than some of its files."""
        root = os.path.realpath(self.root)
        return self.stdin is None and any(inside(os.path.realpath(path), root) for path in self.paths)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gives: the report, the graph behind it, and the facts behind that."""

    report: Report
    graph: ServiceGraph
    facts: tuple[Fact, ...]


def run(request: Request) -> Outcome:
    """Check everything that *request* names."""
    registry, config = request.registry, request.config
    workspace = Workspace(request.root, registry.formats)
    for source in request.overlay:
        workspace.add(source)
    checker = Checker(registry, config, workspace)
    found = _discover(request, workspace, checker)
    changes = changed_since(request.root, request.since) if request.since else None
    known = load_baseline(request.root / config.baseline) if config.baseline else None
    in_memory = request.stdin is not None or bool(request.overlay)
    cache = Cache(request.root, _key(request)) if request.cache and not in_memory else None
    checked: dict[str, Checked] = {}
    if cache is not None:
        checked = {path: hit for path in found.files if (hit := cache.get(path)) is not None}
    todo = [path for path in found.files if path not in checked]
    request.progress(len(checked), len(found.files))
    for result in check_files(
        todo, checker, jobs="1" if in_memory else config.jobs, executor=request.executor
    ):
        checked[result.path] = result
        if cache is not None:
            cache.put(result)
        request.progress(len(checked), len(found.files))
    if cache is not None:
        cache.save()
    results = [checked[path] for path in found.files]
    return _conclude(request, results, found.skipped, workspace=workspace, changes=changes, known=known)


def _discover(request: Request, workspace: Workspace, checker: Checker) -> Discovered:
    found = Discovered((), ())
    if request.paths:
        patterns = checker.detector.patterns
        found = discover(request.root, request.paths, exclude=request.config.exclude, patterns=patterns)
    if request.stdin is None:
        return found
    workspace.add(request.stdin)
    return Discovered(tuple(sorted({*found.files, request.stdin.path})), found.skipped)


def _key(request: Request) -> str:
    """Return what results depend on beside the files: versions, configuration, rules, the code itself."""
    registry, config = request.registry, request.config
    plugins = [(plugin.name, plugin.distribution, plugin.version) for plugin in registry.plugins]
    folders = sorted({os.path.dirname(path) for path in registry.files})
    declared = [read_bytes(os.path.realpath(request.root), name) for name in config.rule_files]
    return run_key(
        (
            archlint.__version__,
            plugins,
            config.digest(),
            sorted(registry.rules),
            code_stamp(*folders),
            declared,
        )
    )


def _conclude(
    request: Request,
    checked: Sequence[Checked],
    notices: Iterable[Notice],
    *,
    workspace: Workspace,
    changes: Changes | None,
    known: Baseline | None,
) -> Outcome:
    """Do all that needs every file's result: the graph, suppressions, fingerprints, order."""
    registry, config = request.registry, request.config
    facts = (*(fact for one in checked for fact in one.facts), *request.facts)
    fixes: Fixes = []
    graph, in_graph = check_graph(facts, list(registry.rules.values()), config, fixes=fixes)
    in_graph = _here(in_graph, request.facts)
    locate(locations_in(in_graph), workspace)
    try:
        attach(_within(fixes, {one.path for one in checked}), workspace)
    except Exception as error:  # noqa: BLE001 - a finding without its fix is better than none
        in_graph.append(crash(error, Location("", region=Region.point(1, 1))))
    findings = merge([*(finding for one in checked for finding in one.findings), *in_graph])
    findings = [finding for finding in findings if _as_configured(finding, config)]
    findings = registry.changed(findings, config)
    suppressions = [suppression for one in checked for suppression in one.suppressions]
    files = {one.path for one in checked}
    findings = suppress(
        findings,
        suppressions,
        config=config,
        files=files,
        whole=request.is_whole,
    )
    findings.sort(key=lambda finding: finding.order)
    name(findings)
    stale: list[Notice] = []
    if known is not None:
        stale = apply_baseline(
            findings,
            known,
            judged=lambda entry: looks_for(entry, config, files=files, whole=request.is_whole),
        )
    if changes is not None:
        findings = only_changed(findings, changes)
    skipped = [Notice(Severity.INFO, one.note, one.path) for one in checked if one.note]
    broken = [
        Notice(Severity.WARNING, f"{plugin} does not work: {plugin.fault}", kind="plugin")
        for plugin in registry.faults()
    ]
    report = Report(
        version=archlint.__version__,
        root=str(request.root),
        findings=findings,
        rules=rule_infos(registry.rules.values(), config),
        notices=sorted(
            [*notices, *skipped, *stale, *broken], key=lambda notice: (notice.path, notice.message)
        ),
        documents=dict(sorted(Counter(kind for one in checked for kind in one.kinds).items())),
        services=len(graph.services),
        edges=len(graph.dependencies),
        lines=_Lines(workspace),
        source=workspace.read,
        show_suppressed=request.show_suppressed,
    )
    return Outcome(report, graph, facts)


def _here(findings: list[Finding], others: Iterable[Fact]) -> list[Finding]:
    """Return *findings* without those that only concern what *others*, facts of other repositories, tell."""
    foreign = {fact.at.path for fact in others}
    if not foreign:
        return findings
    return [
        finding
        for finding in findings
        if any(at.path not in foreign for at in (finding.at, *(related.at for related in finding.related)))
    ]


def _within(fixes: Fixes, paths: set[str]) -> Fixes:
    """Return the *fixes* that change no other files than those at *paths*."""
    return [pair for pair in fixes if all(edit.at.path in paths for edit in pair[1].edits)]


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Return *findings* with those of equal rule, node and message made one, their related places joined.

    A definition that several documents or operations use is checked with each of them and reported once, where it stands. Messages that
    differ in the operation only count as equal; what they say of the others becomes related.
    """
    groups: dict[tuple[object, ...], Finding] = {}
    seen: dict[int, set[object]] = defaultdict(set)
    for finding in sorted(findings, key=lambda finding: finding.message):
        key = (
            finding.rule,
            finding.severity,
            finding.at.node,
            finding.at.on_key,
            _OPERATION.sub("", finding.message),
            finding.at.region,
            finding.identity,
        )
        first = groups.setdefault(key, finding)
        known = seen[id(first)]
        if first is finding:
            known.update((related.message, related.at.node) for related in finding.related)
            continue
        also = [Related(finding.message, finding.at)] if finding.message != first.message else []
        more = [
            related
            for related in (*also, *finding.related)
            if (related.message, related.at.node) not in known
        ]
        known.update((related.message, related.at.node) for related in more)
        first.related = sorted([*first.related, *more], key=_place)
    return list(groups.values())


def name(findings: Iterable[Finding]) -> None:
    """Give each of the sorted *findings* its fingerprint; equal ones are counted."""
    seen: Counter[str] = Counter()
    for finding in findings:
        base = fingerprint(finding.rule, finding.at, finding.identity)
        finding.fingerprint = (
            fingerprint(finding.rule, finding.at, finding.identity, seen[base]) if seen[base] else base
        )
        seen[base] += 1


def rule_infos(rules: Iterable[Rule], config: Config) -> dict[str, RuleInfo]:
    """Return what a report says of the rules that run."""
    return {rule.id: describe(rule) for rule in rules if rule.id in DIAGNOSTICS or config.may_run(rule.id)}


def _as_configured(finding: Finding, config: Config) -> bool:
    if finding.rule not in DIAGNOSTICS:
        return True
    setting = config.resolve(finding.rule, path=finding.at.path)
    finding.severity = setting.severity
    return setting.enabled


def _place(related: Related) -> tuple[str, int, int]:
    region = related.at.region
    return related.at.path, region.start_line if region else 0, region.start_column if region else 0


class _Lines:
    """The lines of the project's files, for reports."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[str, list[str]] = {}

    def __call__(self, path: str) -> Sequence[str]:
        if path not in self._known:
            source = self._workspace.read(path) if path else None
            self._known[path] = source.lines if source else []
        return self._known[path]
