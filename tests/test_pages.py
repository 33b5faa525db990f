"""Pages: what the documentation shows is what the commands print. `pytest --update` writes it anew."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_BLOCK = re.compile(r"(?m)^```console\n(.*?)^```", re.DOTALL)


def _with_console(page: Path) -> bool:
    return any("$ archlint" in block for block in _BLOCK.findall(page.read_text()))


def _run(command: str) -> str:
    words = shlex.split(command)
    assert words[0] == "archlint", command
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        (sys.executable, "-m", "archlint.cli.entry", *words[1:]),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def _rewritten(text: str) -> str:
    def block(match: re.Match[str]) -> str:
        lines = match[1].splitlines()
        if not any(line.startswith("$ archlint") for line in lines):
            return match[0]
        commands = [line[2:] for line in lines if line.startswith("$ ")]
        return "```console\n" + "".join(f"$ {command}\n{_run(command)}" for command in commands) + "```"

    return _BLOCK.sub(block, text)


@pytest.mark.parametrize("page", [page for page in PAGES if _with_console(page)], ids=lambda page: page.name)
def test_page(page: Path, request: pytest.FixtureRequest) -> None:
    text = page.read_text()
    found = _rewritten(text)
    if request.config.getoption("--update"):
        page.write_text(found)
    assert found == page.read_text()


def test_the_readme_shows_a_run() -> None:
    assert _with_console(ROOT / "README.md")
