"""What all tests share: only our own plugins are loaded, and examples run like real projects."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from archlint.config.model import Config, Layer, RuleChange
from archlint.engine.pipeline import Outcome, Request, run
from archlint.plugins.registry import Registry

os.environ["ARCHLINT_PLUGINS"] = "formats,reporters,rules"

type Check = Callable[..., Outcome]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update`, which writes what commands print into the pages."""
    parser.addoption("--update", action="store_true", help="write the output of commands into the pages")


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the installed plugins."""
    return Registry.load()


@pytest.fixture
def check(tmp_path: Path, registry: Registry) -> Check:
    """Return a function that writes files to a folder and checks them with some rules (default: all)."""

    def run_on(
        files: Mapping[str, str | bytes], *rules: str, options: Mapping[str, object] | None = None
    ) -> Outcome:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        changes = {rule: RuleChange(options=options or {}) for rule in rules} if options else {}
        layers = (Layer(select=rules or None, rules=changes),)
        config = Config(registry.rules, profile="all", layers=layers, today="2026-01-01")
        return run(Request(tmp_path, registry, config, (str(tmp_path),), cache=False))

    return run_on


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of reference data beside the project; skip the test where it is missing."""
    folder = Path(__file__).resolve().parent.parent.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the reference data is not beside the project")
    return folder
