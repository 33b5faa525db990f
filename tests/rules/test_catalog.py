"""The rules over single OpenAPI descriptions against the catalog: none is missing, and each is what it says there."""

import json
from pathlib import Path
from typing import Any

from archlint.api import rules_in

RULES = {rule.id: rule for rule in rules_in("archlint_rules")}
_PROFILES = {"opt-in": "all"}


def _entries(shared: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((shared / "rules" / "catalog.json").read_text("utf-8"))
    return [entry for entry in entries if entry["scope"] == "S" and "OAS" in entry["artifacts"]]


def test_every_rule_over_single_descriptions_is_there(shared: Path) -> None:
    wanted = {entry["id"] for entry in _entries(shared)}
    assert len(wanted) > 40
    assert wanted - RULES.keys() == set()


def test_rules_are_what_the_catalog_says(shared: Path) -> None:
    wrong = [
        (entry["id"], rule.category, rule.profile, rule.severity.name.lower())
        for entry in _entries(shared)
        if (rule := RULES.get(entry["id"])) is not None
        and (rule.category, rule.profile, rule.severity.name.lower())
        != (entry["category"], _PROFILES.get(entry["profile"], entry["profile"]), entry["severity"])
    ]
    assert wrong == []
