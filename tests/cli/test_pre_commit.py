"""The hooks as users run them: the real pre-commit installs archlint from a git checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import API

ROOT = Path(__file__).resolve().parents[2]


def git(folder: Path, *arguments: str) -> None:
    """Run git in *folder*, without the user's configuration."""
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_hooks(tmp_path: Path) -> None:
    checkout, project = tmp_path / "archlint", tmp_path / "project"
    shutil.copytree(
        ROOT,
        checkout,
        ignore=shutil.ignore_patterns(
            ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "tests", "fixtures"
        ),
    )
    (checkout / "fixtures").mkdir()
    for folder in (checkout, project):
        folder.mkdir(exist_ok=True)
        git(folder, "init", "--quiet")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "all of it")
    git(checkout, "tag", "v1")
    hooks = f"repos:\n  - repo: {checkout}\n    rev: v1\n    hooks: [{{id: archlint}}, {{id: archlint-changed}}]\n"
    (project / ".pre-commit-config.yaml").write_text(hooks)
    (project / "api.yaml").write_text(API)
    (project / "other.yaml").write_text("a: 1\n")
    (project / "notes.txt").write_text("nothing\n")
    git(project, "add", "--all")
    whole = hook(tmp_path, "archlint", "--all-files")
    assert whole.returncode == 1, whole.stdout + whole.stderr
    assert "api.yaml:24:11" in whole.stdout
    assert "Read 1 document (1 openapi 3.1)" in whole.stdout
    changed = hook(tmp_path, "archlint-changed", "--files", "other.yaml", "notes.txt")
    assert changed.returncode == 0, changed.stdout + changed.stderr
    assert "Passed" in changed.stdout
    assert "Skipped" in hook(tmp_path, "archlint", "--files", "notes.txt").stdout


def hook(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the hook *name* of the checkout in the project."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "ARCHLINT_"))
    }
    done = subprocess.run(
        (sys.executable, "-m", "pre_commit", "run", name, *arguments),
        cwd=folder / "project",
        env=environment | {"PRE_COMMIT_HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )
    if "Could not find a version" in done.stdout or "Failed to establish a new connection" in done.stdout:
        pytest.skip("no package index can be reached to install archlint from")
    return done
