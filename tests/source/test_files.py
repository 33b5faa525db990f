"""Only regular files inside the root are read, and nothing is half-written."""

import os
import socket
import stat
from pathlib import Path

import pytest

from archlint.source.files import FileRefused, inside, read_bytes, write_atomic


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside.yaml").write_text("secret")
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "a.yaml").write_bytes(b"a: 1")
    (root / "sub" / "link.yaml").symlink_to("../a.yaml")
    (root / "out.yaml").symlink_to("../outside.yaml")
    (root / "up").symlink_to("..")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "fifo.yaml")
    (root / "device.yaml").symlink_to("/dev/zero")
    return root


def refused(root: Path, path: str, limit: int = 100) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_bytes(str(root), path, limit=limit)
    return caught.value


def test_files_and_links_inside_are_read(root: Path) -> None:
    assert read_bytes(str(root), "a.yaml") == b"a: 1"
    assert read_bytes(str(root), "sub/link.yaml") == b"a: 1"
    assert read_bytes(str(root), "sub/../a.yaml") == b"a: 1"
    assert read_bytes(str(root), "a.yaml", limit=4) == b"a: 1"


@pytest.mark.parametrize(
    "path", ["out.yaml", "../outside.yaml", "up/outside.yaml", "/etc/hostname", "device.yaml"]
)
def test_what_lies_outside_is_not_read(root: Path, path: str) -> None:
    refusal = refused(root, path)
    assert refusal.outside
    assert str(refusal) == "it is outside the project root"


def test_other_things_are_refused(root: Path) -> None:
    assert str(refused(root, "fifo.yaml")) == "it is not a regular file"
    assert str(refused(root, "sub")) == "it is not a regular file"
    assert str(refused(root, "a.yaml", limit=3)) == "it is larger than 3 bytes"
    assert refused(root, "none.yaml").missing
    assert str(refused(root, "none.yaml")) == "the file does not exist"
    for path in ("loop", "a.yaml/b", "\x00", "\ud800", "x" * 5000):
        assert not refused(root, path).outside


def test_sockets_are_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.yaml")
        assert "it " in str(refused(root, "s.yaml"))


def test_inside_compares_whole_names(root: Path) -> None:
    assert inside(str(root), str(root / "new"))
    assert not inside(str(root), str(root) + "-more")
    assert inside("/", "/etc")


def test_writing_keeps_mode_and_links(root: Path) -> None:
    target = root / "a.yaml"
    target.chmod(0o640)
    write_atomic(root / "sub" / "link.yaml", b"b: 2")
    assert target.read_bytes() == b"b: 2"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert (root / "sub" / "link.yaml").is_symlink()
    write_atomic(root / "new.yaml", b"n")
    assert stat.S_IMODE((root / "new.yaml").stat().st_mode) & 0o077 == 0o077 & ~current_mask() & 0o666


def current_mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failed_write_leaves_the_old_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk"):
        write_atomic(root / "a.yaml", b"x")
    assert (root / "a.yaml").read_bytes() == b"a: 1"
    assert not list(root.glob(".a.yaml.*"))
