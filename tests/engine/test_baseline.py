"""Baselines: known findings stay quiet, new ones are heard, gone ones are said."""

from pathlib import Path

import pytest

from archlint.config.model import Config
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
