"""The project itself: its contracts hold and can break, small runs stay small, the wheel holds every rule."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_HEAVY = (
    "openapi_spec_validator",
    "jsonschema",
    "pydantic",
    "networkx",
    "numpy",
    "rich",
    "rustworkx",
    "pygls",
    "multiprocessing.pool",
)
_SPEC = (
    "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\nservers: [{url: 'https://a.example/v1'}]\npaths: {}\n"
)


def _modules(*arguments: str, cwd: Path) -> set[str]:
    code = (
        "import sys; from archlint.cli.entry import run\n"
        f"status = run({list(arguments)!r})\n"
        "print(*sys.modules, sep='\\n', file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run((sys.executable, "-c", code), cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split("\n"))


@pytest.mark.parametrize("arguments", [("--version",), ("check", "openapi.yaml", "--no-cache")])
def test_small_runs_import_little(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "openapi.yaml").write_text(_SPEC)
    loaded = _modules(*arguments, cwd=tmp_path)
    assert "archlint" in loaded
    assert not [name for name in _HEAVY if name in loaded]


def test_the_version_imports_no_engine(tmp_path: Path) -> None:
    assert not [
        name
        for name in _modules("--version", cwd=tmp_path)
        if name.startswith(("archlint.engine", "archlint.formats", "msgspec"))
    ]


_BREAKS = {
    "Layers: imports point one way": ("archlint/source/pointer.py", "import archlint.engine.pipeline"),
    "Formats, reporters and rules use the public API only": (
        "archlint/reporters/text.py",
        "import archlint.findings.finding",
    ),
    "The engine knows no rule": ("archlint/cli/rules.py", "import archlint_rules.data.shared_database"),
    "No network code in the product": ("archlint/reporters/text.py", "import http.client"),
}


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    code = (
        f"import sys; sys.path[:0] = [{str(folder)!r}, {str(folder / 'rules')!r}]\n"
        "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    )
    return subprocess.run(
        (sys.executable, "-P", "-c", code), cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "archlint", folder / "archlint", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "rules", folder / "rules", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold_and_see_the_rules(copy: Path) -> None:
    done = _lint_imports(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 kept, 0 broken" in done.stdout


@pytest.mark.parametrize("contract", list(_BREAKS))
def test_a_contract_can_break(copy: Path, contract: str) -> None:
    name, line = _BREAKS[contract]
    path = copy / name
    text = path.read_text()
    try:
        path.write_text(f"{text}\n{line}\n")
        done = _lint_imports(copy)
    finally:
        path.write_text(text)
    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout


def test_the_wheel_holds_every_file(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "uv", "build", "--wheel", "--quiet", "--out-dir", str(tmp_path), str(ROOT))
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, base in ((ROOT / "archlint", ROOT), (ROOT / "rules" / "archlint_rules", ROOT / "rules")):
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.relative_to(base).as_posix() in names
