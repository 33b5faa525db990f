"""The cache never changes what a run reports."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archlint.config.model import Config
from archlint.engine.cache import Cache, cache_folder, clean
from archlint.engine.check import Checked
from archlint.engine.pipeline import Request, run
from archlint.plugins.registry import Registry

SHOP = Path(__file__).resolve().parents[2] / "fixtures" / "shop"
_SPEC = """
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
servers: [{url: "https://api.example.com/v1"}]
paths:
  /orders:
    get:
      responses:
        "204": {description: none, content: {$REF}}
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "archlint"


def _findings(registry: Registry, root: Path, *, cache: bool = True) -> list[str]:
    report = run(
        Request(root, registry, Config(registry.rules, profile="all"), (str(root),), cache=cache)
    ).report
    return [f"{finding.at} {finding.rule} {finding.fingerprint}" for finding in report.findings]


def test_a_warm_run_reports_the_same(registry: Registry, own_cache: Path) -> None:
    cold = _findings(registry, SHOP)
    assert own_cache.stat().st_mode & 0o777 == 0o700
    assert list(own_cache.glob("*.msgpack"))
    assert _findings(registry, SHOP) == cold == _findings(registry, SHOP, cache=False)
    assert cold


def test_a_warm_run_checks_nothing_again(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    _findings(registry, SHOP)
    from archlint.engine.check import Checker  # noqa: PLC0415

    def refuse(_self: Checker, path: str) -> Checked:
        raise AssertionError(f"{path} was checked again")

    monkeypatch.setattr(Checker, "check", refuse)
    assert _findings(registry, SHOP)


def test_a_change_of_a_referenced_file_is_seen(registry: Registry, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "openapi.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\nservers: [{url: 'https://a.example/v1'}]\n"
        "security: [{}]\npaths:\n  /a:\n    get:\n      responses:\n        '204': {$ref: part.yaml}\n"
    )
    (root / "part.yaml").write_text("description: none\n")
    assert not any("no-content" in line for line in _findings(registry, root))
    (root / "part.yaml").write_text(
        "description: none\ncontent: {application/json: {schema: {type: object}}}\n"
    )
    assert any("no-content" in line for line in _findings(registry, root))
    (root / "part.yaml").write_text("description: none\n")
    assert not any("no-content" in line for line in _findings(registry, root))


def test_a_rewrite_within_one_clock_tick_is_seen(registry: Registry, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    path = root / "openapi.yaml"
    bad = "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\npaths: {/a: {get: {responses: {'204': {description: a, content: {a/b: {}}}}}}}\n"
    good = bad.replace("content", "x-other")
    path.write_text(bad)
    stamp = path.stat()
    assert any("no-content" in line for line in _findings(registry, root))
    path.write_text(good.ljust(len(bad)))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert not any("no-content" in line for line in _findings(registry, root))


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\xff" * 1000, b"\x84\xa6format\x01"])
def test_a_corrupt_cache_is_a_miss(registry: Registry, own_cache: Path, damage: bytes) -> None:
    cold = _findings(registry, SHOP)
    (entry,) = own_cache.glob("*.msgpack")
    entry.write_bytes(damage)
    assert _findings(registry, SHOP) == cold


def test_a_cache_that_cannot_be_written_is_no_matter(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert _findings(registry, SHOP) == _findings(registry, SHOP, cache=False)


def test_another_configuration_is_a_miss(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    time.sleep(0.05)
    one = Cache(tmp_path, "one")
    one.put(Checked("a.yaml"))
    one.save()
    assert Cache(tmp_path, "one").get("a.yaml") is not None
    assert Cache(tmp_path, "two").get("a.yaml") is None


def test_concurrent_runs_do_no_harm(own_cache: Path) -> None:
    command = (
        sys.executable,
        "-m",
        "archlint.cli.entry",
        "check",
        str(SHOP),
        "--root",
        str(SHOP),
        "--format",
        "json",
        "--fail-on",
        "never",
    )
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = [process.communicate(timeout=120)[0] for process in runs]
    assert all(process.returncode == 0 for process in runs)
    assert len(set(outputs)) == 1
    assert json.loads(outputs[0])["findings"]
    assert list(own_cache.glob("*.msgpack"))


def test_clean_removes_the_caches(registry: Registry, own_cache: Path) -> None:
    _findings(registry, SHOP)
    assert cache_folder() == own_cache
    assert clean() == 1
    assert not list(own_cache.glob("*.msgpack"))


def test_what_is_written_during_a_run_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    time.sleep(0.05)
    cache = Cache(tmp_path, "key")
    path.write_text("a: 2\n")
    cache.put(Checked("a.yaml"))
    cache.save()
    assert Cache(tmp_path, "key").get("a.yaml") is None


def test_a_run_over_one_file_does_not_vouch_for_another(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml", "part.yaml"):
        (tmp_path / name).write_text("a: 1\n")
    time.sleep(0.05)
    cache = Cache(tmp_path, "key")
    for name in ("a.yaml", "b.yaml"):
        cache.put(Checked(name, dependencies=["part.yaml"]))
    cache.save()
    (tmp_path / "part.yaml").write_text("a: 2\n")
    time.sleep(0.05)
    cache = Cache(tmp_path, "key")
    assert cache.get("a.yaml") is None
    cache.put(Checked("a.yaml", dependencies=["part.yaml"]))
    cache.save()
    cache = Cache(tmp_path, "key")
    assert cache.get("a.yaml") is not None
    assert cache.get("b.yaml") is None


def test_results_of_other_files_stay_and_those_of_gone_ones_go(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("a: 1\n")
    time.sleep(0.05)
    for name in ("a.yaml", "b.yaml"):
        cache = Cache(tmp_path, "key")
        cache.put(Checked(name))
        cache.save()
    assert Cache(tmp_path, "key").get("a.yaml") is not None
    assert Cache(tmp_path, "key").get("b.yaml") is not None
    (tmp_path / "a.yaml").unlink()
    (tmp_path / "c.yaml").write_text("a: 1\n")
    time.sleep(0.05)
    cache = Cache(tmp_path, "key")
    cache.put(Checked("c.yaml"))
    cache.save()
    (tmp_path / "a.yaml").write_text("a: 1\n")
    assert Cache(tmp_path, "key").get("a.yaml") is None
    assert Cache(tmp_path, "key").get("b.yaml") is not None


def test_caches_that_nobody_used_for_a_month_are_removed(tmp_path: Path, own_cache: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    time.sleep(0.05)
    own_cache.mkdir(parents=True)
    old, recent = own_cache / "old.msgpack", own_cache / "recent.msgpack"
    for path, days in ((old, 40), (recent, 20)):
        path.write_bytes(b"")
        os.utime(path, (time.time() - days * 86400,) * 2)
    cache = Cache(tmp_path, "key")
    cache.put(Checked("a.yaml"))
    cache.save()
    assert not old.exists()
    assert recent.exists()


def test_a_new_overlay_is_seen_by_what_it_changes(registry: Registry, tmp_path: Path) -> None:
    root = tmp_path / "project"
    patch = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}}}]}}"
    files = {
        "base/kustomization.yaml": "resources: [a.yaml]",
        "base/a.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a}]}}",
    }

    def write(texts: dict[str, str]) -> None:
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        time.sleep(0.05)

    def found() -> bool:
        return any(" resources-unset " in line for line in _findings(registry, root))

    write(files)
    assert found()
    assert found()
    write(
        {"prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]", "prod/p.yaml": patch}
    )
    assert not found()
    write({"prod/p.yaml": patch.replace("memory: 1Gi", "storage: 1Gi")})
    assert found()
