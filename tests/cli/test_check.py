"""`archlint check`: what it prints where, and how it ends."""

import io
import json
import re
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from commands import API, ERROR, WARNING, Archlint


def chosen(*more: str) -> list[str]:
    """Return arguments that run just the rules that `API` breaks."""
    return ["check", "--select", f"{ERROR},{WARNING}", *more]


def test_a_finding_in_full(project: Path, archlint: Archlint) -> None:
    (project / "api.yaml").write_text(API)
    result = archlint("check", "--select", ERROR)
    assert result.err == ""
    assert result.out == (
        "error[no-content-response-has-body]: a 204 response of `DELETE /orders/{id}` has no body, and `content` declares one [*]\n"
        "  --> api.yaml:24:11\n"
        "    |\n"
        " 24 |           content:\n"
        "    |           ^^^^^^^\n"
        "  = help: drop `content`, or answer 200\n"
        "\n"
        "Read 1 document (1 openapi 3.1); 0 services, 0 edges.\n"
        "Found 1 error, 0 warnings, 0 info.\n"
        "[*] 1 fixable with --fix.\n"
    )
    assert result.status == 1


@pytest.mark.parametrize(
    ("fail_on", "rule", "status"),
    [
        ("error", ERROR, 1),
        ("error", WARNING, 0),
        ("warning", WARNING, 1),
        ("info", WARNING, 1),
        ("never", ERROR, 0),
    ],
)
def test_exit_status(project: Path, archlint: Archlint, fail_on: str, rule: str, status: int) -> None:
    (project / "api.yaml").write_text(API)
    assert archlint("check", "--select", rule, "--fail-on", fail_on).status == status


def test_nothing_to_read(archlint: Archlint) -> None:
    result = archlint("check")
    assert (result.status, result.err) == (0, "archlint: there is no document of a known format here\n")
    assert result.out == "Read 0 documents; 0 services, 0 edges.\nFound 0 errors, 0 warnings, 0 info.\n"


def test_several_formats_at_once(project: Path, archlint: Archlint) -> None:
    (project / "api.yaml").write_text(API)
    result = archlint(
        *chosen("--format", "concise", "--format", "json=out.json", "--format", "sarif=out.sarif")
    )
    assert [line.split()[1] for line in result.out.splitlines()] == [
        "warning[deprecated-without-sunset]",
        "error[no-content-response-has-body]",
    ]
    data = json.loads((project / "out.json").read_text())
    assert [finding["rule"] for finding in data["findings"]] == [WARNING, ERROR]
    assert data["summary"]["errors"] == data["summary"]["warnings"] == 1
    assert json.loads((project / "out.sarif").read_text())["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "tetx"], "there is no format `tetx`, did you mean `text`?"),
        (["--format", "text", "--format", "json"], "`text` and `json` both go to standard output"),
        (["--format", "json=x", "--format", "sarif=x"], "`json` and `sarif` both go to `x`"),
        (["--format", "json=no/such/x"], "`no/such/x` cannot be written: no such file or directory"),
        (["--profile", "recomended"], "there is no profile `recomended`"),
        (
            ["--select", "shared-databse"],
            "there is no rule or category `shared-databse`, did you mean `shared-database`?",
        ),
        (["--config", "missing.yaml"], "`missing.yaml` does not exist"),
        (["--root", "missing"], "`missing` is not a folder"),
        (["--jobs", "many"], "`--jobs` takes a number from 1, or `auto`, not `many`"),
        (["--baseline", "missing.json"], "cannot be read"),
        (["missing"], "`missing` does not exist"),
        (["--stdin-filename", "a.yaml", "api.yaml"], "give `-` to check it beside other paths"),
        (["-", "--fix"], "standard input is not fixed"),
        (["--facts", "missing.json"], "`missing.json` does not exist"),
        (["--facts", "api.yaml"], "`api.yaml` holds no facts"),
        (
            ["--root", ".", "--stdin-filename", "../outside.yaml"],
            "`../outside.yaml` is outside the project root",
        ),
    ],
)
def test_usage_errors(project: Path, archlint: Archlint, arguments: list[str], message: str) -> None:
    (project / "api.yaml").write_text(API)
    result = archlint("check", *arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("archlint: ")
    assert message in result.err
    assert result.err.count("\n") == 1


def test_unknown_options_and_commands(archlint: Archlint) -> None:
    assert archlint("check", "--formt", "text").status == 2
    result = archlint("chekc")
    assert (result.status, result.out) == (2, "")
    assert "There is no command `chekc`. Did you mean `check`?" in result.err


def test_configuration_errors_have_a_place(project: Path, archlint: Archlint) -> None:
    (project / ".archlint.yaml").write_text("profile: strict\nrules:\n  shared-databse: off\n")
    result = archlint("check")
    assert result.status == 2
    assert (
        result.err
        == "archlint: .archlint.yaml:3:3: there is no rule `shared-databse`, did you mean `shared-database`?\n"
    )


def test_standard_input(project: Path, archlint: Archlint, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "orders").mkdir()
    for arguments in (["--stdin-filename", "orders/api.yaml"], ["--stdin-filename", "orders/api.yaml", "-"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(API.encode())))
        result = archlint(*chosen("--format", "concise", *arguments))
        assert result.out.splitlines()[1].startswith("orders/api.yaml:24:11: error")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(API.encode())))
    assert archlint(*chosen("--format", "concise", "-")).out.startswith("<stdin>:9:5: warning")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(API.encode())))
    sarif = json.loads(archlint(*chosen("--format", "sarif", "-")).out)
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "stdin.yaml"


def test_standard_input_beside_files(
    project: Path, archlint: Archlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "api.yaml").write_text(API)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(API.encode())))
    lines = archlint(*chosen("--format", "concise", "-", "api.yaml")).out.splitlines()
    assert {line.partition(":")[0] for line in lines if ":9:" in line} == {"<stdin>", "api.yaml"}


def test_facts_of_other_repositories(project: Path, archlint: Archlint) -> None:
    pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec: {containers: [{name: a, image: a, env: [{name: DB, value: "postgres://db.example.com/shop"}]}]}
    """
    for folder, name in (("other", "stock"), ("mine", "orders")):
        (project / folder).mkdir()
        (project / folder / "pod.yaml").write_text(dedent(pod % name))
    (project / "other" / "compose.yaml").write_text("services: {a: {image: a}}\n")
    (project / "facts").mkdir()
    (project / "facts" / "stock.json").write_text(archlint("facts", "other").out)
    arguments = ("check", "mine", "--select", "shared-database", "--format", "json", "--fail-on", "never")
    assert not json.loads(archlint(*arguments).out)["findings"]
    (finding,) = json.loads(archlint(*arguments, "--facts", "facts").out)["findings"]
    places = {finding["path"], *(related["path"] for related in finding["related"])}
    assert {"mine/pod.yaml", "@stock/other/pod.yaml"} <= places


def test_paths_are_shown_from_where_one_stands(
    project: Path, archlint: Archlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "orders").mkdir()
    (project / "orders" / "api.yaml").write_text(API)
    (project / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(project / "deep")
    result = archlint(*chosen("--format", "concise", "--format", "json=out.json", "../orders"))
    assert result.out.startswith("../orders/api.yaml:9:5: ")
    data = json.loads((project / "deep" / "out.json").read_text())
    assert {finding["path"] for finding in data["findings"]} == {"orders/api.yaml"}


def test_colours(project: Path, archlint: Archlint, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "api.yaml").write_text(API)
    assert "\x1b" not in archlint(*chosen()).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = archlint(*chosen("--format", "text", "--format", "markdown=out.md"))
    assert coloured.out.startswith("\x1b[1;33mwarning[deprecated-without-sunset]\x1b[0m")
    assert "\x1b" not in (project / "out.md").read_text()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in archlint(*chosen()).out


def test_statistics(project: Path, archlint: Archlint) -> None:
    (project / "api.yaml").write_text(API)
    (project / "more.yaml").write_text(API)
    lines = archlint(*chosen("--statistics")).out.splitlines()
    at = lines.index("     2 deprecated-without-sunset")
    assert lines[at + 1] == "     2 no-content-response-has-body"


def test_suppressed_findings_are_counted_and_shown_on_demand(project: Path, archlint: Archlint) -> None:
    text = API.replace(
        "Gone\n          content:", f"Gone\n          content: # archlint: ignore[{ERROR}] legacy client"
    )
    assert text != API
    (project / "api.yaml").write_text(text)
    result = archlint(*chosen())
    assert result.status == 0
    assert ERROR not in result.out
    assert "Found 0 errors, 1 warning, 0 info. 1 finding suppressed." in result.out
    assert re.search(
        r"error\[no-content-response-has-body\].* \(suppressed\)", archlint(*chosen("--show-suppressed")).out
    )
    data = json.loads(archlint(*chosen("--show-suppressed", "--format", "json")).out)
    assert data["findings"][1]["suppressed"] == {"kind": "inSource", "reason": "legacy client"}


def test_the_same_bytes_whatever_the_way(project: Path, archlint: Archlint) -> None:
    for name in "cab":
        (project / f"{name}.yaml").write_text(API)
    for form in ("text", "json", "sarif", "junit", "gitlab", "github", "markdown", "concise"):
        outputs = {
            archlint(*chosen("--format", form, *more)).out
            for more in (
                [],
                [],
                ["--no-cache"],
                ["--jobs", "2", "--no-cache"],
                ["c.yaml", "b.yaml", "a.yaml"],
            )
        }
        assert len(outputs) == 1
