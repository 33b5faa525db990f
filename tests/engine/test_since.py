"""`--since` with a real git repository."""

import subprocess
from pathlib import Path

import pytest

from archlint.config.model import Config
from archlint.engine.pipeline import Request, run
from archlint.engine.since import changed_since
from archlint.errors import UsageError
from archlint.plugins.registry import Registry

_COMPOSE = """services:
  db: {image: "postgres:17"}
  orders:
    image: shop/orders
    environment:
      DATABASE_URL: postgres://db/shop
"""
_MORE = """  stock:
    image: shop/stock
    environment:
      DATABASE_URL: postgres://db/shop
"""


def _git(root: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *settings, *arguments), cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    _git(root, "init", "--quiet")
    (root / "compose.yaml").write_text(_COMPOSE)
    (root / "old.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: old}\nstringData: {password: s3cr3t-Zebra}\n"
    )
    _git(root, "add", ".")
    _git(root, "commit", "--quiet", "-m", "first")
    return root


def _rules(registry: Registry, root: Path, since: str = "") -> list[str]:
    config = Config(registry.rules)
    report = run(Request(root, registry, config, (str(root),), since=since, cache=False)).report
    return [finding.rule for finding in report.findings]


def test_only_findings_on_changes_are_reported(registry: Registry, repository: Path) -> None:
    assert _rules(registry, repository) == ["plain-secret-committed"]
    assert _rules(registry, repository, "HEAD") == []
    (repository / "compose.yaml").write_text(_COMPOSE + _MORE)
    assert "plain-secret-committed" in _rules(registry, repository)
    assert _rules(registry, repository, "HEAD") == ["shared-database"], (
        "the unchanged service is the other side of the finding"
    )


def test_untracked_files_are_changes(registry: Registry, repository: Path) -> None:
    (repository / "new.yaml").write_text((repository / "old.yaml").read_text())
    changes = changed_since(repository, "HEAD")
    assert list(changes) == ["new.yaml"]
    assert _rules(registry, repository, "HEAD") == ["plain-secret-committed"]


def test_names_that_git_would_quote(registry: Registry, repository: Path) -> None:
    name = "wörk er.yaml"
    (repository / name).write_text("a: 1\n")
    _git(repository, "add", ".")
    _git(repository, "commit", "--quiet", "-m", "second")
    (repository / name).write_text((repository / "old.yaml").read_text())
    assert list(changed_since(repository, "HEAD")) == [name]
    assert _rules(registry, repository, "HEAD") == ["plain-secret-committed"]


@pytest.mark.parametrize("ref", ["nowhere", "--output=evil", "-h", "HEAD; touch evil"])
def test_refs_that_are_none(repository: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="is no commit"):
        changed_since(repository, ref)
    assert sorted(path.name for path in repository.iterdir()) == [".git", "compose.yaml", "old.yaml"]


def test_hostile_git_configuration_runs_nothing(repository: Path) -> None:
    (repository / "hook").write_text("#!/bin/sh\ntouch ran\n")
    (repository / "hook").chmod(0o755)
    _git(repository, "config", "core.fsmonitor", str(repository / "hook"))
    _git(repository, "config", "diff.external", str(repository / "hook"))
    (repository / "compose.yaml").write_text(_COMPOSE + _MORE)
    changed_since(repository, "HEAD")
    assert not (repository / "ran").exists()


def test_outside_of_a_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        changed_since(tmp_path, "HEAD")


def test_lines_that_look_like_a_diff_change_nothing(repository: Path) -> None:
    path = repository / "compose.yaml"
    path.write_text("-- a/x\n" + "\n".join("abcdefgh") + "\n")
    _git(repository, "commit", "--quiet", "-am", "second")
    path.write_text("++ b/elsewhere.yaml\n@@ -1 +1 @@\n" + "\n".join("abcdefgX") + "\n")
    assert changed_since(repository, "HEAD") == {"compose.yaml": [(1, 2), (10, 10)]}


def test_removed_lines_touch_their_neighbours(repository: Path) -> None:
    (repository / "compose.yaml").write_text(_COMPOSE.replace("    environment:\n", ""))
    (repository / "old.yaml").unlink()
    assert changed_since(repository, "HEAD") == {"compose.yaml": [(4, 5)]}


def test_settings_and_attributes_of_a_repository_hide_nothing(repository: Path) -> None:
    _git(repository, "config", "diff.mnemonicPrefix", "true")
    _git(repository, "config", "diff.noprefix", "true")
    _git(repository, "config", "diff.context", "9")
    _git(repository, "config", "diff.interHunkContext", "9")
    _git(repository, "config", "color.ui", "always")
    (repository / ".gitattributes").write_text("*.yaml -diff binary\n")
    (repository / "compose.yaml").write_text(_COMPOSE + _MORE)
    assert changed_since(repository, "HEAD")["compose.yaml"] == [(7, 10)]


@pytest.mark.parametrize(
    "name", ['a"b.yaml', "tab\there.yaml", "back\\slash.yaml", "line\nend.yaml", "b/b/c.yaml"]
)
def test_names_of_every_kind(repository: Path, name: str) -> None:
    (repository / name).parent.mkdir(parents=True, exist_ok=True)
    (repository / name).write_text("a: 1\n")
    _git(repository, "add", ".")
    _git(repository, "commit", "--quiet", "-m", "second")
    (repository / name).write_text("a: 2\n")
    assert changed_since(repository, "HEAD") == {name: [(1, 1)]}


def test_a_project_below_the_top_of_the_repository(repository: Path) -> None:
    project = repository / "deep" / "project"
    project.mkdir(parents=True)
    (project / "a.yaml").write_text("a: 1\n")
    (repository / "compose.yaml").write_text(_COMPOSE + _MORE)
    _git(repository, "add", ".")
    assert changed_since(project, "HEAD") == {"a.yaml": [(1, 1)]}


def test_a_repository_that_cannot_be_read_is_no_silence(repository: Path) -> None:
    (repository / "compose.yaml").write_text(_COMPOSE + _MORE)
    (repository / ".git" / "index").write_bytes(b"broken")
    with pytest.raises(UsageError, match="git cannot say what changed"):
        changed_since(repository, "HEAD")
