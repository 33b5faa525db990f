"""Baselines: known findings stay quiet, new ones are heard, gone ones are said."""

from pathlib import Path

import pytest

from archlint.config.model import COMMAND_LINE, Config, Layer
from archlint.engine.baseline import Baseline, Entry, apply, load, save, update
from archlint.engine.pipeline import Request, run
from archlint.errors import ConfigError, UsageError
from archlint.findings.report import Report
from archlint.plugins.registry import Registry

_SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\nstringData: {password: s3cr3t-Zebra}\n"


def _report(registry: Registry, root: Path, baseline: str = "") -> Report:
    config = Config(registry.rules, baseline=baseline)
    return run(Request(root, registry, config, (str(root),), cache=False)).report


def test_known_findings_are_quiet_and_new_ones_are_not(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(_SECRET % "one")
    save(update(_report(registry, tmp_path).findings, None), tmp_path / "known.json")
    assert _report(registry, tmp_path, "known.json").reported == []
    (tmp_path / "two.yaml").write_text(_SECRET % "two")
    (finding,) = _report(registry, tmp_path, "known.json").reported
    assert finding.at.path == "two.yaml"


def test_fingerprints_survive_edits(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(_SECRET % "one")
    save(update(_report(registry, tmp_path).findings, None), tmp_path / "known.json")
    path.write_text("# a comment\n\n" + _SECRET % "one" + "immutable: true\n")
    assert _report(registry, tmp_path, "known.json").reported == []


def test_stale_entries_are_said(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(_SECRET % "one")
    save(update(_report(registry, tmp_path).findings, None), tmp_path / "known.json")
    (tmp_path / "one.yaml").write_text("a: 1\n")
    (notice,) = _report(registry, tmp_path, "known.json").notices
    assert notice.kind == "stale"


def test_notes_are_kept_when_it_is_written_again(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(_SECRET % "one")
    findings = _report(registry, tmp_path).findings
    first = update(findings, None)
    first.findings[0].note = "we know"
    again = update(findings, first)
    assert again.findings[0].note == "we know"
    assert apply(findings, again) == []
    assert findings[0].suppressed is not None
    assert findings[0].suppressed.reason == "we know"


def test_what_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ConfigError, match="broken"):
        load(tmp_path / "broken.json")
    save(Baseline(version=2, findings=[Entry("a", "b", "c", "d")]), tmp_path / "newer.json")
    with pytest.raises(ConfigError, match="version 2"):
        load(tmp_path / "newer.json")


def test_of_what_was_not_checked_nothing_is_stale(registry: Registry, tmp_path: Path) -> None:
    shared = "services:\n  a: {image: shop/a, environment: {U: 'postgres://u@db/x'}}\n  b: {image: shop/b, environment: {U: 'postgres://u@db/x'}}\n  db: {image: postgres}\n"
    (tmp_path / "compose.yaml").write_text(shared)
    (tmp_path / "one.yaml").write_text(_SECRET % "one")
    (tmp_path / "two.yaml").write_text(_SECRET % "two")
    save(update(_report(registry, tmp_path).findings, None), tmp_path / "known.json")
    for name in ("one.yaml", "two.yaml", "compose.yaml"):
        (tmp_path / name).write_text("a: 1\n")

    def stale(path: Path, *select: str) -> list[str]:
        layers = (Layer(select=select, origin=COMMAND_LINE),) if select else ()
        config = Config(registry.rules, baseline="known.json", layers=layers)
        notices = run(Request(tmp_path, registry, config, (str(path),), cache=False)).report.notices
        return [notice.path for notice in notices if notice.kind == "stale"]

    assert stale(tmp_path) == ["compose.yaml", "one.yaml", "two.yaml"]
    assert stale(tmp_path / "one.yaml") == ["one.yaml"]
    assert stale(tmp_path / "compose.yaml") == [], "the other side may be elsewhere"
    assert stale(tmp_path, "shared-database") == ["compose.yaml"]


def test_entries_that_are_not_judged_are_kept() -> None:
    old = Baseline(findings=[Entry("1", "a-rule", "a.yaml", "here"), Entry("2", "a-rule", "b.yaml", "there")])
    assert update([], old, judged=lambda entry: entry.path == "a.yaml").findings == [old.findings[1]]
    assert update([], old).findings == []
