"""Entry points are found as the standard library finds them."""

import sys
from importlib.metadata import entry_points
from pathlib import Path
from zipfile import ZipFile

import pytest

from archlint.plugins.points import Point, points
from archlint.source.patterns import regex


@pytest.mark.parametrize("group", ["archlint", "console_scripts", "pytest11", "nobody.has.this"])
def test_the_same_as_the_standard_library(group: str) -> None:
    expected = {(point.name, point.value) for point in entry_points(group=group)}
    assert {(point.name, point.value) for point in points(group)} == expected


def _distribution(folder: Path, name: str, text: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\nName: not me\n")
    (info / "entry_points.txt").write_text(text)


def test_what_stands_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _distribution(
        tmp_path / "a", "acme-rules", "[other]\nx = y\n[acme]\n# no = entry\none = os.path:join [extra]\n"
    )
    _distribution(tmp_path / "b", "acme_rules", "[acme]\nhidden = os\n")
    (tmp_path / "b" / "broken-1.0.dist-info").mkdir()
    monkeypatch.setattr(
        sys, "path", [str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "gone"), *sys.path]
    )
    found = points("acme")
    assert found == [Point("one", "os.path:join [extra]", "acme-rules", "1.0")]
    assert found[0].load() is __import__("os").path.join
    assert Point("all", "json", "", "").load().__name__ == "json"


def test_archives_are_left_to_the_standard_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("acme-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 2.0\n")
        archive.writestr("acme-2.0.dist-info/entry_points.txt", "[acme]\none = os\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "all.zip"), *sys.path])
    assert points("acme") == [Point("one", "os", "acme", "2.0")]


def test_patterns_are_compiled_when_used() -> None:
    broken = regex("(")
    with pytest.raises(Exception, match="unterminated"):
        broken.search("x")
    assert regex(rb"b+").sub(b"-", b"abba") == b"a-a"
    assert regex("B").flags != 0
