"""`archlint config`, and the schema of the configuration held against what is read."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from commands import Archlint

from archlint.config.schema import configuration_schema
from archlint.plugins.registry import Registry

SETTINGS: list[dict[str, Any]] = [
    {},
    {"profile": "strict", "fail-on": "never", "jobs": 2},
    {"select": "auth", "ignore": ["api", "shared-database"]},
    {"rules": {"shared-database": "warning", "collection-unpaginated": False}},
    {"rules": {"create-not-idempotent": {"severity": "error"}}},
    {"overrides": [{"paths": ["legacy/**"], "ignore": "all"}, {"services": "orders", "rules": {}}]},
    {"exclude": ["a", "b/**"], "complete": "deploy"},
]
MISTAKES: list[dict[str, Any]] = [
    {"profil": "strict"},
    {"profile": "loud"},
    {"fail-on": "fatal"},
    {"select": ["no-such-rule"]},
    {"rules": {"no-such-rule": "error"}},
    {"rules": {"shared-database": "fatal"}},
    {"rules": {"shared-database": {"severity": "fatal"}}},
    {"rules": {"shared-database": {"noSuchOption": 1}}},
    {"overrides": [{"ignore": "all"}]},
    {"overrides": [{"paths": "a", "profile": "strict"}]},
    {"overrides": {"paths": "a"}},
    {"exclude": 1},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=json.dumps)
def test_the_schema_accepts_what_is_read(project: Path, archlint: Archlint, settings: dict[str, Any]) -> None:
    (project / ".archlint.yaml").write_text(json.dumps(settings))
    result = archlint("config", "check")
    assert (result.status, result.out) == (0, ""), result.err
    assert schema_accepts(settings)


@pytest.mark.parametrize("settings", MISTAKES, ids=json.dumps)
def test_the_schema_rejects_what_is_not(project: Path, archlint: Archlint, settings: dict[str, Any]) -> None:
    (project / ".archlint.yaml").write_text(json.dumps(settings))
    result = archlint("config", "check")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("archlint: .archlint.yaml:1:")
    assert not schema_accepts(settings)


def schema_accepts(settings: dict[str, Any]) -> bool:
    return bool(jsonschema_rs.validator_for(configuration_schema(Registry.load())).is_valid(settings))


def test_schema_is_printed(archlint: Archlint) -> None:
    schema = json.loads(archlint("config", "schema").out)
    jsonschema_rs.meta.validate(schema)
    rules = schema["properties"]["rules"]["properties"]
    assert list(rules) == list(Registry.load().rules)


def test_show_says_where_values_come_from(project: Path, archlint: Archlint) -> None:
    (project / "base.yaml").write_text("profile: strict\nignore: [auth]\n")
    (project / ".archlint.yaml").write_text(
        "extends: base.yaml\nrules:\n  shared-database: info\noverrides:\n  - paths: [legacy]\n    ignore: [data]\n"
    )
    shown = json.loads(archlint("config", "show", "--format", "json").out)
    assert shown["settings"]["profile"] == ["strict", "base.yaml"]
    assert shown["settings"]["fail-on"] == ["error", "default"]
    assert shown["rules"]["shared-database"] == ["info", ".archlint.yaml"]
    assert shown["rules"]["token-in-url"] == ["off", "base.yaml"]
    (project / "legacy").mkdir()
    legacy = json.loads(archlint("config", "show", "legacy", "--format", "json").out)
    assert legacy["rules"]["shared-database"] == ["off", ".archlint.yaml"]
    text = archlint("config", "show").out
    assert '\nprofile: "strict"' in f"\n{text}"
    assert "# base.yaml" in text
