"""Map: one root document with all it refers to, to findings and facts. No shared state, cacheable."""

import traceback
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from archlint.config.model import Config
from archlint.engine.aggregate import Tally, aggregate
from archlint.engine.detect import Detector
from archlint.engine.edits import attach
from archlint.engine.locate import locate, locations_in
from archlint.engine.resolve import Workspace
from archlint.engine.suppress import Suppression, collect, holds
from archlint.findings.finding import Finding
from archlint.findings.problem import Fix, Problem
from archlint.findings.severity import Confidence
from archlint.model.facts import Fact
from archlint.model.format import Format
from archlint.plugins.registry import Registry
from archlint.rule.diagnostics import ARTIFACT_UNPARSABLE, INTERNAL_ERROR
from archlint.rule.rule import Context, Options, Rule
from archlint.source.document import Document, Node
from archlint.source.fault import SyntaxFault
from archlint.source.garbage import uncollected
from archlint.source.location import Location, Region
from archlint.source.parse import looks_templated

_TOP = Region.point(1, 1)


class Checked(Struct):
    """What checking one file gave: the result of the map step.

    `kinds` are the recognised documents'. `note` says why nothing was checked. `dependencies` are the other files and folders
    that were looked at. `findings` are located and neither suppressed nor sorted.
    """

    path: str
    kinds: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    suppressions: list[Suppression] = field(default_factory=list)
    dependencies: list[str] = field(default_factory=list)
    note: str = ""


class Checker:
    """Checks files with the enabled document rules; one per process, used for many files."""

    def __init__(self, registry: Registry, config: Config, workspace: Workspace) -> None:
        self.registry = registry
        self.config = config
        self.workspace = workspace
        self.detector = Detector(registry.formats)
        self.rules: dict[type[Any], list[Rule]] = defaultdict(list)
        for rule in registry.rules.values():
            if config.may_run(rule.id):
                for subject in rule.subjects:
                    self.rules[subject].append(rule)
        self._contexts: dict[int, Context] = {}
        self._running: dict[tuple[type[Any], str], list[tuple[Rule, Context]]] = {}
        self._suppressions: dict[str, list[Suppression]] = {}
        self._fixes: list[tuple[Finding, Fix]] = []

    @uncollected()
    def check(self, path: str) -> Checked:
        """Check the file at *path*, relative to the project root. Never fails: what goes wrong becomes a finding or a note."""
        self.workspace.take_opened()
        checked = Checked(path)
        try:
            self._check(checked)
        except Exception as error:  # noqa: BLE001 - a crash on one file must not hide findings in another
            checked.findings.append(crash(error, Location(path)))
        self._locate(checked)
        self._attach_fixes(checked)
        if checked.kinds or checked.findings:
            checked.suppressions = self._collect(path)
        checked.dependencies = sorted(self.workspace.take_opened() - {path})
        return checked

    @staticmethod
    def died(path: str) -> Checked:
        """Return the result for a file whose check ended the process: killed for its memory, or by a fault in native code."""
        crashed = crash(MemoryError(), Location(path, region=_TOP))
        crashed.message = "checking this file ended the process"
        return Checked(path, findings=[crashed])

    def _check(self, checked: Checked) -> None:
        source = self.workspace.read(checked.path)
        if source is None:
            checked.note = self.workspace.refusal(checked.path)
            return
        parsed = self.workspace.parsed(checked.path)
        ours = [
            (document, form) for document in parsed.documents if (form := self.detector.recognise(document))
        ]
        if parsed.faults and (ours or self.detector.reads(source.name) or self.detector.claimed(source.raw)):
            if looks_templated(source.raw):
                checked.note = "a template that was not rendered"
            else:
                checked.findings.extend(_unparsable(checked.path, fault) for fault in parsed.faults)
        for document, form in ours:
            checked.kinds.append(document.kind)
            self._run_rules(document, form, checked)
            self._read_facts(document, form, checked)

    def _run_rules(self, document: Document, form: Format, checked: Checked) -> None:
        tallies: dict[str, Tally] = {}
        broken: set[str] = set()
        last: tuple[Document | None, type[Any]] = (None, object)
        rules: list[tuple[Rule, Context]] = []
        for node in self._subjects(document, form, checked):
            owner = node if isinstance(node, Document) else node.document
            if last[0] is not owner or last[1] is not type(node):
                last = owner, type(node)
                rules = self._enabled(type(node), owner.path)
            for rule, context in rules:
                if broken and rule.id in broken:
                    continue
                try:
                    if rule.applies is not None and not rule.applies(node):
                        continue
                    problems = list(rule.check(node, context))
                except Exception as error:  # noqa: BLE001 - a rule that crashes becomes a finding
                    broken.add(rule.id)
                    checked.findings.append(crash(error, _place(node), rule))
                    continue
                tally = tallies.get(rule.id)
                if tally is None:
                    tally = tallies[rule.id] = Tally()
                tally.candidates += 1
                if not problems:
                    continue
                found = []
                for problem in problems:
                    finding = make_finding(self.config, rule, problem, problem.at or _place(node))
                    if finding is not None:
                        found.append(finding)
                        if problem.fix is not None:
                            self._fixes.append((finding, problem.fix))
                tally.findings.extend(found)
                tally.broken += bool(found)
        held = self._collect(checked.path) if any(tally.findings for tally in tallies.values()) else []
        for name, tally in tallies.items():
            if self.config.aggregate and self.registry.rules[name].aggregate:
                apart = [finding for finding in tally.findings if self._is_suppressed(finding, held)]
                checked.findings.extend([*apart, *aggregate(tally.without(apart), document)])
            else:
                checked.findings.extend(tally.findings)

    def _enabled(self, subject: type[Any], path: str) -> list[tuple[Rule, Context]]:
        """Return the rules about *subject* that run for *path*, each with its context."""
        known = self._running.get((subject, path))
        if known is None:
            settings = ((rule, self.config.resolve(rule.id, path=path)) for rule in self.rules[subject])
            known = [(rule, self._context(setting.options)) for rule, setting in settings if setting.enabled]
            self._running[subject, path] = known
        return known

    def _subjects(self, document: Document, form: Format, checked: Checked) -> Iterator[Node | Document]:
        if Document in self.rules:
            yield document
        wanted = frozenset(subject for subject in form.subjects if subject in self.rules)
        try:
            if wanted:
                yield from form.visit(document, wanted)
        except Exception as error:  # noqa: BLE001 - what was visited so far was checked
            checked.findings.append(crash(error, document.at()))

    def _read_facts(self, document: Document, form: Format, checked: Checked) -> None:
        try:
            checked.facts.extend(form.facts(document))
            for facts in self.registry.manager.hook.archlint_extractors(document=document):
                checked.facts.extend(facts)
        except Exception as error:  # noqa: BLE001 - the other documents' facts still count
            checked.findings.append(crash(error, document.at()))

    def _context(self, options: Options) -> Context:
        known = self._contexts.get(id(options))
        if known is None:
            known = Context(
                options=options,
                today=self.config.today,
                validate=self._validate,
                complete=self.config.is_complete,
            )
            self._contexts[id(options)] = known
        return known

    def _validate(self, document: Document) -> Iterator[Problem]:
        form = self.detector.formats.get(document.format)
        return form.validate(document) if form else iter(())

    def _is_suppressed(self, finding: Finding, suppressions: list[Suppression]) -> bool:
        return any(holds(one, finding, today=self.config.today) for one in suppressions)

    def _collect(self, path: str) -> list[Suppression]:
        """Return the suppressions in the file at *path* and in those that were looked at for it."""
        found: list[Suppression] = []
        for name in sorted({path, *self.workspace.opened}):
            known = self._suppressions.get(name)
            if known is None:
                source = None if name.endswith("/") or name.startswith("**/") else self.workspace.read(name)
                known = collect(source, self.workspace.documents(name)) if source is not None else []
                self._suppressions[name] = known
            found.extend(known)
        return found

    def _locate(self, checked: Checked) -> None:
        try:
            locate(locations_in([checked.findings, checked.facts]), self.workspace)
        except Exception as error:  # noqa: BLE001 - a finding at the top of the file is better than none
            for location in locations_in([checked.findings, checked.facts]):
                location.region = location.region or _TOP
            checked.findings.append(crash(error, Location(checked.path, region=_TOP)))

    def _attach_fixes(self, checked: Checked) -> None:
        """Turn the fixes of what is reported into edits of text; one that fails is no fix."""
        reported = {id(finding) for finding in checked.findings}
        fixes = [(finding, fix) for finding, fix in self._fixes if id(finding) in reported]
        self._fixes = []
        try:
            attach(fixes, self.workspace)
        except Exception as error:  # noqa: BLE001 - a finding without its fix is better than none
            checked.findings.append(crash(error, Location(checked.path, region=_TOP)))


def make_finding(
    config: Config, rule: Rule, problem: Problem, place: Location, *, services: tuple[str, ...] = ()
) -> Finding | None:
    """Return what to tell the user of *problem* at *place*: severity as configured, capped by the confidence.

    `None` for guesses, for weak hints in the recommended profile, and where the rule is switched off for the place's file or
    for *services*.
    """
    setting = config.resolve(rule.id, path=place.path, services=services)
    if not setting.enabled or problem.confidence is Confidence.GUESSED:
        return None
    if problem.confidence is Confidence.WEAK and config.profile == "recommended":
        return None
    severity = setting.severity if setting.explicit else problem.severity or setting.severity
    return Finding(
        rule=rule.id,
        category=rule.category,
        severity=severity if setting.explicit else severity.at_most(problem.confidence.cap),
        message=problem.message,
        at=place,
        confidence=problem.confidence,
        help=problem.help,
        related=list(problem.related),
        flow=list(problem.flow),
        identity=problem.identity,
    )


def crash(error: Exception, place: Location, rule: Rule | None = None) -> Finding:
    """Return the finding that says that *rule* (or archlint itself) crashed at *place*."""
    frames = traceback.extract_tb(error.__traceback__)
    what = f"rule `{rule.id}`" if rule else "archlint"
    where = (
        f"{frames[-1].filename.replace('\\', '/').rpartition('/')[2]}:{frames[-1].lineno}"
        if frames
        else "native code"
    )
    return Finding(
        rule=INTERNAL_ERROR.id,
        category=INTERNAL_ERROR.category,
        severity=INTERNAL_ERROR.severity,
        message=f"{what} crashed here: {type(error).__name__} in {where}",
        at=place,
        help="report this with the file; switch the rule off for this file until it is mended",
        identity=(rule.id if rule else "", place.path),
    )


def _place(node: Node | Document) -> Location:
    return node.at() if isinstance(node, Document) else node.location


def _unparsable(path: str, fault: SyntaxFault) -> Finding:
    rule = ARTIFACT_UNPARSABLE
    return Finding(
        rule=rule.id,
        category=rule.category,
        severity=rule.severity,
        message=fault.message,
        at=Location(path, region=fault.region),
        help="mend the syntax here",
    )
