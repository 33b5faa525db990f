"""The profiles of published guidelines are valid configurations, and do what they say."""

from pathlib import Path

import pytest

from archlint.config.load import CliOverrides, load_config
from archlint.plugins.registry import Registry
from archlint_rules.profiles import PROFILES


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_profile_is_valid(registry: Registry, tmp_path: Path, name: str) -> None:
    config = load_config(tmp_path, registry, cli=CliOverrides(profile=name))
    for rule, wanted in PROFILES[name]["rules"].items():
        setting = config.resolve(rule, path="openapi.yaml")
        assert setting.enabled is (wanted != "off")
        severity = wanted.get("severity") if isinstance(wanted, dict) else wanted
        assert severity in {None, "off", str(setting.severity)}


def test_a_file_wins_over_the_profile(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / ".archlint.yaml").write_text(
        "profile: zalando\nrules: {api-unversioned: {severity: error, strategy: path}}\n"
    )
    setting = load_config(tmp_path, registry).resolve("api-unversioned", path="openapi.yaml")
    assert (str(setting.severity), setting.options.strategy) == ("error", "path")  # type: ignore[attr-defined]
