"""The commands and a project's own rules."""

import json
from pathlib import Path

from commands import Archlint

_RULE = """\
id: service-without-tier
category: governance
severity: warning
docs: "Services without a tier.\\n\\n## Why is this bad?\\n\\nNobody knows what to mend first.\\n"
subject: service
expect: {properties: {tier: {type: integer}}}
message: "`{name}` has no tier"
examples:
- bad: |
    services:
      orders: {image: shop/orders}  # <- `orders` has no tier
"""


def _write(project: Path, rule: str) -> None:
    (project / ".archlint.yaml").write_text("rule-files: [arch]\n")
    (project / "arch").mkdir(exist_ok=True)
    (project / "arch" / "tier.yaml").write_text(rule)


def test_they_are_checked_listed_and_explained(project: Path, archlint: Archlint) -> None:
    _write(project, _RULE)
    (project / "compose.yaml").write_text("services: {orders: {image: shop/orders}}\n")
    shown = json.loads(archlint("check", "--format", "json").out)
    assert [finding["message"] for finding in shown["findings"]] == ["`orders` has no tier"]
    assert "service-without-tier" in archlint("rules").out
    assert "Nobody knows what to mend first." in archlint("explain", "service-without-tier").out
    settings = json.loads(archlint("config", "show", "--format", "json").out)["settings"]
    assert settings["rule-files"] == [["arch/tier.yaml"], ".archlint.yaml"]


def test_their_examples_are_run(project: Path, archlint: Archlint) -> None:
    _write(project, _RULE)
    done = archlint("config", "check")
    assert (done.status, done.out) == (0, "")
    assert "examples run: 1" in done.err
    _write(project, _RULE.replace("image: shop/orders}  # <- `orders`", "image: shop/orders}  # <- `other`"))
    done = archlint("config", "check")
    assert done.status == 1
    assert done.out.splitlines() == [
        "arch/tier.yaml: service-without-tier: example 1 (bad): compose.yaml:2: nothing says: `other` has no tier",
        "arch/tier.yaml: service-without-tier: example 1 (bad): compose.yaml:2:3: found and not marked: `orders` has no tier",
    ]


def test_their_schema_is_printed(archlint: Archlint) -> None:
    assert json.loads(archlint("config", "schema", "--rule-files").out)["title"] == "archlint rule"
