"""The rules against the catalog: which have to be there are, and each is what it says there."""

import json
from pathlib import Path
from typing import Any

from archlint.api import rules_in

RULES = {rule.id: rule for rule in rules_in("archlint_rules")}
_PROFILES = {"opt-in": "all"}
_DEPLOYED = frozenset(("services", "networking", "data", "operations", "resilience"))


def _entries(shared: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((shared / "rules" / "catalog.json").read_text("utf-8"))
    return entries


def test_every_rule_over_single_descriptions_is_there(shared: Path) -> None:
    wanted = {
        entry["id"] for entry in _entries(shared) if entry["scope"] == "S" and "OAS" in entry["artifacts"]
    }
    assert len(wanted) > 40
    assert wanted - RULES.keys() == set()


def test_every_rule_over_deployed_systems_is_there(shared: Path) -> None:
    """All of five categories, and those of access and security but for policies as code, which no format reads."""
    wanted = {
        entry["id"] for entry in _entries(shared) if entry["category"] in {*_DEPLOYED, "auth", "security"}
    }
    assert len(wanted) > 90
    assert wanted - RULES.keys() == {"policy-without-tests"}


def test_rules_are_what_the_catalog_says(shared: Path) -> None:
    wrong = [
        (entry["id"], rule.category, rule.profile, rule.severity.name.lower())
        for entry in _entries(shared)
        if (rule := RULES.get(entry["id"])) is not None
        and (rule.category, rule.profile, rule.severity.name.lower())
        != (entry["category"], _PROFILES.get(entry["profile"], entry["profile"]), entry["severity"])
    ]
    assert wrong == []
