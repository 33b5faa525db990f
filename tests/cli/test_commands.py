"""The commands around `check`."""

import importlib.util
import json
import time
from pathlib import Path

import pytest
from commands import API, ERROR, WARNING, Archlint

from archlint.cli.entry import COMMANDS
from archlint.plugins.registry import Registry

SHOP = Path(__file__).resolve().parents[2] / "fixtures" / "shop"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(archlint: Archlint, name: str) -> None:
    result = archlint(name, "--help")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(f"Usage: archlint {name}")


def test_help_lists_the_commands(archlint: Archlint) -> None:
    result = archlint("-h")
    assert all(f"  {name} " in result.out for name in COMMANDS)


def test_baseline_hides_what_is_known(project: Path, archlint: Archlint) -> None:
    (project / "api.yaml").write_text(API)
    result = archlint("baseline", "--select", ERROR)
    assert (result.status, result.out) == (0, "")
    assert result.err == f"wrote 1 finding to {project}/archlint-baseline.json\n"
    check = ("check", "--select", f"{ERROR},{WARNING}")
    known = archlint(*check, "--baseline", "archlint-baseline.json")
    assert known.status == 0
    assert ERROR not in known.out
    assert known.out.endswith("Found 0 errors, 1 warning, 0 info. 1 finding known to the baseline.\n")


def test_baseline_says_what_is_stale_and_keeps_notes(project: Path, archlint: Archlint) -> None:
    file = project / "known.json"
    for name in ("api.yaml", "other.yaml"):
        (project / name).write_text(API)
    command = ("baseline", "--select", ERROR, "-o", "known.json")
    archlint(*command)
    data = json.loads(file.read_text())
    data["findings"][1]["note"] = "until the client is gone"
    file.write_text(json.dumps(data))
    (project / "api.yaml").write_text(API.replace('"204"', '"200"'))
    stale = archlint("check", "--select", ERROR, "--baseline", "known.json")
    assert "stale in the baseline: api.yaml: `no-content-response-has-body`: " in stale.out
    assert "2 findings" not in stale.out
    assert archlint(*command, "other.yaml").err == "wrote 2 findings to known.json: 0 new, 0 gone\n"
    assert archlint(*command).err == "wrote 1 finding to known.json: 0 new, 1 gone\n"
    assert json.loads(file.read_text())["findings"][0]["note"] == "until the client is gone"


def test_rules(archlint: Archlint) -> None:
    known = Registry.load().rules
    lines = archlint("rules").out.splitlines()
    assert [line.split()[0] for line in lines] == list(known)
    data = json.loads(archlint("rules", "--format", "json").out)
    assert [rule["id"] for rule in data] == list(known)
    assert {"category", "severity", "profile", "summary", "fixable"} <= set(data[0])
    table = archlint("rules", "--format", "markdown", "--category", "auth").out.splitlines()
    assert len(table) == 2 + sum(rule.category == "auth" for rule in known.values())
    assert "did you mean `auth`?" in archlint("rules", "--category", "aut").err


@pytest.mark.parametrize("name", ["shared-database", "collection-unpaginated", "internal-error"])
def test_explain(archlint: Archlint, name: str) -> None:
    page = archlint("explain", name).out
    assert page.startswith(f"# {name}\n")
    assert "## Why is this bad?" in page
    assert "## How to fix" in page
    if name != "internal-error":
        assert "## Bad" in page
        assert "## Good" in page
        assert "## Sources" in page


def test_explain_errors(project: Path, archlint: Archlint) -> None:
    (project / "other.yaml").write_text("a: 1\n")
    assert "did you mean `shared-database`?" in archlint("explain", "shared-databas").err
    assert archlint("explain").err == "archlint: name a rule, or a description with `--api`\n"
    assert archlint("explain", "--api", "other.yaml").err == "archlint: `other.yaml` is no API description\n"


def test_explain_api(project: Path, archlint: Archlint) -> None:
    (project / "api.yaml").write_text(API)
    lines = archlint("explain", "--api", "api.yaml").out.splitlines()
    assert lines[0] == "api.yaml: openapi 3.1"
    assert lines[2].split()[:4] == ["GET", "/orders/{id}", "read", "orders"]


def test_graph(archlint: Archlint) -> None:
    shop = str(SHOP)
    data = json.loads(archlint("graph", shop, "--format", "json").out)
    assert {"services", "datastores", "channels", "edges"} <= set(data)
    assert {"kind", "source", "target", "confidence", "evidence"} <= set(data["edges"][0])
    assert archlint("graph", shop).out.startswith(("graph ", "flowchart "))
    assert archlint("graph", shop, "--format", "dot").out.startswith("digraph")
    said = archlint("graph", shop, "--explain", "orders", "payments").out
    assert "orders calls payments" in said
    assert "orders.yaml:21" in said
    assert "there is no edge" in archlint("graph", shop, "--explain", "orders", "nobody").err


def test_facts(archlint: Archlint) -> None:
    facts = json.loads(archlint("facts", str(SHOP)).out)
    assert {"ServiceFact", "DependencyFact"} <= {fact["fact"] for fact in facts} or len(facts) > 10


def test_init(project: Path, archlint: Archlint) -> None:
    assert archlint("init").status == 0
    assert archlint("check").status == 0
    assert archlint("init").err == "archlint: `.archlint.yaml` exists already; --force replaces it\n"
    assert archlint("init", "--force").status == 0


def test_new_rule_in_the_project(project: Path, archlint: Archlint) -> None:
    (project / "rules" / "archlint_rules").mkdir(parents=True)
    result = archlint("new", "naming/name-too-long")
    assert (result.status, result.err) == (0, "wrote rules/archlint_rules/naming/name_too_long.py\n")
    path = project / "rules/archlint_rules/naming/name_too_long.py"
    assert (path.parent / "__init__.py").is_file()
    spec = importlib.util.spec_from_file_location("name_too_long", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert not module.name_too_long.references
    assert "exists already" in archlint("new", "naming/name-too-long").err
    assert "is not of the form" in archlint("new", "NameTooLong").err


def test_new_rule_elsewhere_is_declarative(project: Path, archlint: Archlint) -> None:
    result = archlint("new", "naming/name-too-long")
    advice = "; `rule-files: [arch/rules]` in the configuration makes it run"
    assert (result.status, result.err) == (0, f"wrote arch/rules/name-too-long.yaml{advice}\n")
    (project / ".archlint.yaml").write_text("rule-files: [arch/rules]\nselect: [naming]\n")
    assert archlint("new", "naming/name-too-short").err == "wrote arch/rules/name-too-short.yaml\n"
    (project / "compose.yaml").write_text("services:\n  orders: {image: shop/orders}\n")
    found = archlint("check", "--format", "concise").out.splitlines()
    assert [line.split(" ")[1] for line in found] == ["warning[name-too-long]", "warning[name-too-short]"]
    assert archlint("explain", "name-too-long").out.startswith("# name-too-long\n")
    assert len(archlint("rules", "--category", "naming").out.splitlines()) == 2
    assert "name-too-long" in archlint("config", "schema").out


def test_plugins(archlint: Archlint) -> None:
    lines = archlint("plugins").out.splitlines()
    assert [line.split()[0] for line in lines] == ["formats", "reporters", "rules"]
    assert all(line.endswith(" ok") for line in lines)


def test_clean(project: Path, archlint: Archlint) -> None:
    (project / "api.yaml").write_text(API)
    time.sleep(0.05)  # what is written while a run begins is not kept
    archlint("check")
    assert archlint("clean").err == "removed the results of 1 project\n"
    assert archlint("clean").err == "removed the results of 0 projects\n"
