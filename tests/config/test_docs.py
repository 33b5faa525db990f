"""What the pages show as configuration and as rules is accepted."""

import re
import tomllib
from pathlib import Path

import pytest

from archlint.config.load import KEYS, load_config
from archlint.engine.examples import failures
from archlint.plugins.registry import Registry

ROOT = Path(__file__).resolve().parents[2]


def _blocks(page: str, language: str, start: str) -> list[str]:
    text = (ROOT / page).read_text()
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in found if block.startswith(start)]


@pytest.mark.parametrize(
    ("page", "start"), [("README.md", "profile:"), ("docs/configuration.md", "extends:")]
)
def test_configurations(tmp_path: Path, page: str, start: str) -> None:
    (text,) = _blocks(page, "yaml", start)
    (tmp_path / ".archlint.yaml").write_text(text)
    (tmp_path / "arch" / "rules").mkdir(parents=True)
    (tmp_path / "arch" / "base.yaml").write_text("jobs: 2\n")
    assert load_config(tmp_path, Registry.load()).profile == "strict"


def test_the_same_in_toml(tmp_path: Path) -> None:
    (text,) = _blocks("docs/configuration.md", "toml", "[tool.archlint]")
    assert tomllib.loads(text)
    (tmp_path / "pyproject.toml").write_text(text)
    config = load_config(tmp_path, Registry.load())
    assert config.resolve("api-unversioned", path="a.yaml").explicit


def test_a_rule_of_ones_own(tmp_path: Path) -> None:
    (text,) = _blocks("docs/own-rules.md", "yaml", "id:")
    (tmp_path / ".archlint.yaml").write_text("rule-files: rule.yaml\n")
    (tmp_path / "rule.yaml").write_text(text)
    registry = Registry.load()
    load_config(tmp_path, registry)
    assert list(failures(registry.rules["service-without-owner"], registry)) == []


def test_every_key_is_described() -> None:

    text = (ROOT / "docs" / "configuration.md").read_text()
    assert [key for key in KEYS if f"| `{key}` |" not in text] == []
