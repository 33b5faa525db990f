"""The hooks that plugins implement, ours and those of third parties."""

from typing import Any

import pluggy

from archlint.findings.finding import Finding
from archlint.findings.report import Reporter
from archlint.model.facts import Fact
from archlint.model.format import Format
from archlint.rule.rule import Rule
from archlint.source.document import Document

hookspec = pluggy.HookspecMarker("archlint")


@hookspec
def archlint_formats() -> list[Format]:
    """Return formats: they recognise documents, yield their subjects and read facts from them."""
    return []


@hookspec
def archlint_extractors(document: Document) -> list[Fact]:
    """Return more facts of *document*, which some format has recognised (`document.kind`)."""
    del document
    return []


@hookspec
def archlint_rules() -> list[Rule]:
    """Return rules; most plugins return `rules_in(__name__)`."""
    return []


@hookspec
def archlint_profiles() -> dict[str, dict[str, Any]]:
    """Return named choices of rules: a name, and the configuration it stands for (`select`, `ignore`, `rules`, `extends`)."""
    return {}


@hookspec
def archlint_reporters() -> list[Reporter]:
    """Return output formats."""
    return []


@hookspec
def archlint_findings(findings: list[Finding], config: Any) -> list[Finding] | None:
    """Return the findings to go on with, or `None` to leave them; called once a run, before suppressions."""
    del findings, config
    return None
