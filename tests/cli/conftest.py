"""The command line run in this process, in a folder of its own."""

from pathlib import Path

import pytest
from commands import Archlint, Result

from archlint.cli.entry import run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, an empty project; caches go elsewhere."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".git").mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def archlint(project: Path, capsys: pytest.CaptureFixture[str]) -> Archlint:
    """Return a function that runs the command line in the project."""

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        status = run(list(arguments))
        out, err = capsys.readouterr()
        return Result(status, out, err)

    return call
