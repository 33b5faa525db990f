"""A third party's distribution, built and installed beside archlint."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the plugin's wheel is installed, to be put on the path beside this environment."""
    folder = tmp_path_factory.mktemp("plugin")
    build = subprocess.run(
        (sys.executable, "-m", "uv", "build", "--wheel", "--quiet", "--out-dir", str(folder), str(HERE)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    install = subprocess.run(
        (
            sys.executable,
            "-m",
            "uv",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(target),
            str(wheel),
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert install.returncode == 0, install.stderr
    return target


def _run(installed: Path, *arguments: str, cwd: Path, plugins: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "ARCHLINT_PLUGINS": plugins}
    command = (sys.executable, "-m", "archlint.cli.entry", *arguments)
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "orders.card").write_text("name = orders\ncalls = payments\n")
    (tmp_path / "payments.card").write_text("name = payments\nowner = team-p\n")
    (tmp_path / "torn.card").write_text("name orders\n")
    return tmp_path


def test_its_format_rule_and_hook_work(installed: Path, project: Path) -> None:
    done = _run(installed, "check", ".", "--root", ".", "--format", "json", "--no-cache", cwd=project)
    findings = json.loads(done.stdout)["findings"]
    assert [(item["path"], item["region"]["startLine"], item["rule"], item["help"]) for item in findings] == [
        ("orders.card", 1, "card-without-owner", "see the handbook"),
        ("torn.card", 1, "artifact-unparsable", "mend the syntax here"),
    ]


def test_its_facts_are_in_the_graph(installed: Path, project: Path) -> None:
    graph = json.loads(_run(installed, "graph", ".", "--root", ".", "--format", "json", cwd=project).stdout)
    assert [(edge["source"], edge["kind"], edge["target"]) for edge in graph["edges"]] == [
        ("orders", "calls", "payments")
    ]


def test_its_profile_and_reporter_work(installed: Path, project: Path) -> None:
    done = _run(
        installed,
        "check",
        "orders.card",
        "--root",
        ".",
        "--profile",
        "acme",
        "--format",
        "acme-count",
        "--no-cache",
        cwd=project,
    )
    assert (done.stdout, done.returncode) == ("1\n", 1), "the profile makes it an error"


def test_a_worker_that_dies_costs_one_file(installed: Path, project: Path) -> None:
    (project / "killer.card").write_text("name = killer\nbreaks = yes\n")
    done = _run(
        installed, "check", ".", "--root", ".", "--format", "json", "--no-cache", "--jobs", "2", cwd=project
    )
    findings = json.loads(done.stdout)["findings"]
    assert [(item["path"], item["rule"]) for item in findings] == [
        ("killer.card", "internal-error"),
        ("orders.card", "card-without-owner"),
        ("torn.card", "artifact-unparsable"),
    ]
    assert "ended the process" in findings[0]["message"]


def test_plugins_are_listed_with_what_is_broken(installed: Path, project: Path) -> None:
    done = _run(installed, "plugins", cwd=project)
    assert done.returncode == 1
    lines = dict(line.split("  ", 1) for line in done.stdout.splitlines())
    assert lines["acme"] == "(acme-archlint 1.2.3)  ok"
    assert lines["broken"] == "(acme-archlint 1.2.3)  does not work: RuntimeError: acme is out of order"
    assert lines["clumsy"].startswith(
        "(acme-archlint 1.2.3)  does not work: `archlint_formats` raises LookupError: no formats today"
    )


def test_a_run_goes_on_without_what_is_broken_and_says_so(installed: Path, project: Path) -> None:
    done = _run(installed, "check", ".", "--root", ".", "--no-cache", cwd=project)
    assert "warning[card-without-owner]" in done.stdout
    assert "the plugin `clumsy` of acme-archlint 1.2.3 does not work" in done.stdout
    assert done.stderr == ""


def test_the_environment_chooses_plugins(installed: Path, project: Path) -> None:
    done = _run(installed, "plugins", cwd=project, plugins="formats, rules,reporters")
    assert "acme" not in done.stdout
    assert done.returncode == 0
    done = _run(
        installed, "check", ".", "--root", ".", "--no-cache", cwd=project, plugins="formats,rules,reporters"
    )
    assert "card" not in done.stdout


def test_a_misspelt_hook_is_an_error(tmp_path: Path) -> None:
    package = tmp_path / "site" / "odd"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from archlint.api import hook\n\n\n@hook\ndef archlint_rulez():\n    return []\n"
    )
    info = tmp_path / "site" / "odd-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[archlint]\nodd = odd\n")
    done = _run(tmp_path / "site", "check", str(ROOT / "fixtures" / "clean"), cwd=tmp_path)
    assert done.returncode == 2
    assert "odd 0.1" in done.stderr
    assert "`archlint_rulez`" in done.stderr
    assert "did you mean `archlint_rules`" in done.stderr
