"""The real command in a process of its own: pipes, signals, closed streams, and what it imports."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import API

COMMAND = (sys.executable, "-m", "archlint.cli.entry")
HEAVY = ("openapi_spec_validator", "jsonschema", "pydantic", "networkx", "rich", "rustworkx", "hypothesis")


def run(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None, text: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run the command, and wait for it."""
    return subprocess.run(
        (*COMMAND, *arguments),
        cwd=cwd,
        env=os.environ | {"XDG_CACHE_HOME": str(cwd / ".cache")} | (env or {}),
        input=text,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [["--version"], ["check", "api.yaml"], ["check", "--format", "sarif"]])
def test_nothing_heavy_is_imported(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "api.yaml").write_text(API.replace('"204"', '"200"'))
    code = (
        "import sys\nfrom archlint.cli.entry import run\n"
        f"status = run({arguments!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=tmp_path, capture_output=True, check=True, timeout=60
    )
    assert done.stderr.decode().strip() == "[]"


def test_version_imports_no_engine(tmp_path: Path) -> None:
    code = "import sys\nfrom archlint.cli.entry import run\nrun(['--version'])\nprint([n for n in sys.modules if n.startswith('archlint.')], file=sys.stderr)"
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=tmp_path, capture_output=True, check=True, timeout=60
    )
    assert "engine" not in done.stderr.decode()
    assert "yamlrocks" not in done.stderr.decode()


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(API)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as out:
        done = subprocess.run(
            (*COMMAND, "check"), cwd=tmp_path, stdout=out, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as out:
        done = subprocess.run(
            (*COMMAND, "check"), cwd=tmp_path, stdout=out, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert done.returncode == 2
    assert done.stderr == b"archlint: standard output cannot be written: no space left on device\n"


def test_closed_standard_output(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(API)
    command = f"exec {' '.join(COMMAND)} check --format text --format json=out.json >&-"
    done = subprocess.run(
        ("sh", "-c", command), cwd=tmp_path, stderr=subprocess.PIPE, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert (tmp_path / "out.json").is_file()


def test_reports_go_to_devices_without_replacing_them(tmp_path: Path) -> None:
    done = run(
        "check",
        "--format",
        "concise",
        "--format",
        "json=/dev/null",
        "--format",
        "junit=/dev/stderr",
        cwd=tmp_path,
    )
    assert done.returncode == 0
    assert done.stderr.startswith(b"<?xml")
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupt(tmp_path: Path, jobs: str) -> None:
    for index in range(400):
        (tmp_path / f"api{index}.yaml").write_text(API)
    process = subprocess.Popen(
        (*COMMAND, "check", "--no-cache", "--jobs", jobs),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(0.6)
    os.killpg(process.pid, signal.SIGINT)
    started = time.monotonic()
    out, err = process.communicate(timeout=30)
    if process.returncode != 1:
        assert process.returncode == 130
        assert (out, err.strip()) == (b"", b"")
    assert time.monotonic() - started < 5


def test_output_is_utf8_in_any_locale(tmp_path: Path) -> None:
    (tmp_path / "bücher.yaml").write_text(API)
    env = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = run("check", "--format", "concise", cwd=tmp_path, env=env)
    assert done.stderr == b""
    assert done.stdout.decode("utf-8")
    assert b"yaml:24:11" in done.stdout


def test_names_that_would_be_commands(tmp_path: Path) -> None:
    (tmp_path / "\n::error::x.yaml").write_text(API)
    for form in ("concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "text"):
        done = run("check", "--format", form, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (1, b"")
        lines = done.stdout.decode("utf-8").splitlines()
        assert not any(line.startswith("::error::") for line in lines)


def test_a_name_that_is_no_text_is_said(tmp_path: Path) -> None:
    try:
        with open(os.fsencode(tmp_path) + b"/\xff.yaml", "wb") as file:
            file.write(API.encode())
    except OSError:
        pytest.skip("the file system takes only names that are text")
    done = run("check", cwd=tmp_path)
    assert b"not read: \xef\xbf\xbd.yaml: " in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(tmp_path: Path, shell: str) -> None:
    assert b"_ARCHLINT_COMPLETE" in run(cwd=tmp_path, env={"_ARCHLINT_COMPLETE": f"{shell}_source"}).stdout
    env = {"_ARCHLINT_COMPLETE": "bash_complete", "COMP_WORDS": "archlint ba", "COMP_CWORD": "1"}
    assert run(cwd=tmp_path, env=env).stdout == b"plain,baseline\n"


_RENDERED = b"""---
# Source: shop/templates/stock.yaml
apiVersion: v1
kind: Service
metadata: {name: stock}
spec: {selector: {app: stock}, ports: [{port: 80}]}
---
# Source: shop/templates/stock.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: stock}
spec:
  selector: {matchLabels: {app: stock}}
  template:
    metadata: {labels: {app: stock}}
    spec: {containers: [{name: stock, image: "shop/stock:1"}]}
"""


def test_rendered_manifests_through_a_pipe(tmp_path: Path) -> None:
    arguments = ("check", "-", "--select", "readiness-probe-missing", "--format", "concise")
    done = run(*arguments, "--fail-on", "warning", cwd=tmp_path, text=_RENDERED)
    assert done.returncode == 1
    assert done.stdout.startswith(b"<stdin>:16:25: warning[readiness-probe-missing] `stock`")
    done = run(*arguments, cwd=tmp_path, text=_RENDERED)
    assert (done.returncode, done.stderr) == (0, b"")
    named = run(*arguments, "--stdin-filename", "deploy/all.yaml", cwd=tmp_path, text=_RENDERED)
    assert named.stdout.startswith(b"deploy/all.yaml:16:25: ")
    assert run("check", "-", cwd=tmp_path).returncode == 0
    broken = run("check", "-", "--format", "concise", cwd=tmp_path, text=b"apiVersion: v1\nkind: [\n")
    assert (broken.returncode, broken.stdout[:8]) == (1, b"<stdin>:")
