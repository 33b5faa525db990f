"""The examples of rules, run: what is marked in a bad one is found, and nothing else; in a good one, nothing."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from archlint.config.model import Config, Layer, RuleChange
from archlint.engine.pipeline import Request, run
from archlint.findings.finding import Finding
from archlint.plugins.registry import Registry
from archlint.rule.diagnostics import ARTIFACT_UNPARSABLE, INTERNAL_ERROR
from archlint.rule.rule import Example, Rule
from archlint.source.patterns import regex

MARKER = regex(r"[ \t]*# <- (?P<text>.*?)[ \t]*$")
_NAMES = (
    (re.compile(r"^\s*[\"']?(?:openapi|swagger)[\"']?:", re.MULTILINE), "openapi.yaml"),
    (re.compile(r"^\s*[\"']?asyncapi[\"']?:", re.MULTILINE), "asyncapi.yaml"),
    (re.compile(r"^services:", re.MULTILINE), "compose.yaml"),
)


def files_of(example: Example) -> dict[str, str]:
    """Return the files of *example*; a nameless text gets the usual name of what it is."""
    return {name or _name(text): text for name, text in example.files}


def expected(files: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Return what the markers in *files* say: file, line, part of the message."""
    return [
        (path, number, match["text"])
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := MARKER.search(line))
    ]


def failures(rule: Rule, registry: Registry) -> Iterator[str]:
    """Yield a sentence for each thing that the examples of *rule* say and that is not so."""
    for number, example in enumerate(rule.examples, 1):
        kind = "good" if example.good else "bad"
        for failure in _failures(rule, example, registry):
            yield f"example {number} ({kind}): {failure}"


def _failures(rule: Rule, example: Example, registry: Registry) -> Iterator[str]:
    files = files_of(example)
    wanted = expected(files)
    if example.good is bool(wanted):
        yield "it has a marker" if example.good else "no line is marked with `# <- message`"
    left = _find(rule, example, files, registry)
    for path, line, text in wanted:
        found = next((finding for finding in left if _is_meant(finding, path, line, text)), None)
        if found is None:
            yield f"{path}:{line}: nothing says: {text}"
        else:
            left.remove(found)
    for finding in left:
        yield f"{finding.at}: found and not marked: {finding.message}"


def _find(rule: Rule, example: Example, files: dict[str, str], registry: Registry) -> list[Finding]:
    change = RuleChange(enabled=True, options=dict(example.options))
    layer = Layer(select=(rule.id,), rules={rule.id: change})
    config = Config(registry.rules, profile="all", layers=(layer,), jobs="1")
    names = {rule.id, INTERNAL_ERROR.id, ARTIFACT_UNPARSABLE.id}
    with tempfile.TemporaryDirectory(prefix="archlint-") as folder:
        for name, text in files.items():
            path = Path(folder, name)
            if not path.resolve().is_relative_to(Path(folder).resolve()):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        report = run(Request(Path(folder), registry, config, (folder,), cache=False)).report
        return [finding for finding in report.findings if finding.rule in names]


def _is_meant(finding: Finding, path: str, line: int, text: str) -> bool:
    region = finding.at.region
    return (
        finding.at.path == path
        and region is not None
        and region.start_line == line
        and text in finding.message
    )


def _name(text: str) -> str:
    return next((name for pattern, name in _NAMES if pattern.search(text)), "manifest.yaml")
