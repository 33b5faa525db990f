"""Which files are looked at: as git would, and said when not."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archlint.engine.discover import Discovered, discover
from archlint.errors import UsageError

GIT = shutil.which("git")


def make(root: Path, *names: str, **contents: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents.get(name, ""))


def found(
    root: Path, *paths: str, exclude: tuple[str, ...] = (), patterns: tuple[str, ...] = ()
) -> list[str]:
    discovered = discover(root, paths or (str(root),), exclude=exclude, patterns=patterns)
    assert list(discovered.files) == sorted(set(discovered.files))
    return list(discovered.files)


def notices(discovered: Discovered) -> dict[str, str]:
    return {notice.path: notice.message for notice in discovered.skipped}


def test_candidates_are_known_by_their_names(tmp_path: Path) -> None:
    make(
        tmp_path,
        "a.yaml",
        "b.yml",
        "c.json",
        "d.txt",
        "e.proto",
        "sub/f.YAML",
        "sub/schema.graphql",
        "g.env",
        "yaml",
    )
    assert found(tmp_path) == ["a.yaml", "b.yml", "c.json", "sub/f.YAML"]
    assert found(tmp_path, patterns=("*.proto", "schema.*", "g.env")) == [
        "a.yaml",
        "b.yml",
        "c.json",
        "e.proto",
        "g.env",
        "sub/f.YAML",
        "sub/schema.graphql",
    ]


def test_folders_of_tools_are_not_entered(tmp_path: Path) -> None:
    make(
        tmp_path,
        ".git/a.yaml",
        "node_modules/x/a.json",
        ".venv/a.yaml",
        "x/node_modules/a.yaml",
        ".github/a.yml",
        "vendor/a.yaml",
    )
    assert found(tmp_path) == [".github/a.yml", "vendor/a.yaml"]
    assert found(tmp_path, str(tmp_path / "node_modules")) == ["node_modules/x/a.json"]


def test_named_files_are_taken_whatever_they_are_called(tmp_path: Path) -> None:
    make(tmp_path, "a.yaml", "b.txt", "out/c.yaml", "out/d.yaml")
    (tmp_path / ".gitignore").write_text("out/\na.yaml\n")
    assert found(tmp_path) == []
    names = [str(tmp_path / name) for name in ("a.yaml", "b.txt", "out/c.yaml")]
    assert found(tmp_path, *names) == ["a.yaml", "b.txt", "out/c.yaml"]
    assert found(tmp_path, str(tmp_path / "out")) == ["out/c.yaml", "out/d.yaml"]
    assert found(tmp_path, *names, exclude=("out/**", "*.txt")) == ["a.yaml"]


def test_exclude_holds_globs(tmp_path: Path) -> None:
    make(tmp_path, "a/x.yaml", "b/a/y.yaml", "b/z.yaml", "c.yaml")
    assert found(tmp_path, exclude=("a",)) == ["b/a/y.yaml", "b/z.yaml", "c.yaml"]
    assert found(tmp_path, exclude=("**/a/",)) == ["b/z.yaml", "c.yaml"]
    assert found(tmp_path, exclude=("b/*.yaml",)) == ["a/x.yaml", "b/a/y.yaml", "c.yaml"]
    assert found(tmp_path, exclude=("**/*.yaml",)) == []


def test_paths_are_relative_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/x.yaml", "a/b/y.yaml", "c.yaml")
    monkeypatch.chdir(tmp_path / "a")
    assert found(tmp_path, ".") == ["a/b/y.yaml", "a/x.yaml"]
    assert found(tmp_path, "x.yaml", "../c.yaml") == ["a/x.yaml", "c.yaml"]
    assert found(tmp_path, "**/*.yaml") == ["a/b/y.yaml", "a/x.yaml"]
    assert found(tmp_path, str(tmp_path / "*.yaml")) == ["c.yaml"]
    assert found(tmp_path, ".", "..", "x.yaml") == ["a/b/y.yaml", "a/x.yaml", "c.yaml"]


def test_what_is_not_there_or_outside_is_a_usage_error(tmp_path: Path) -> None:
    make(tmp_path, "root/a.yaml", "b.yaml", "root-more/c.yaml")
    root = tmp_path / "root"
    for path in ("none.yaml", "none/*.yaml"):
        with pytest.raises(UsageError, match="does not exist"):
            found(root, str(root / path))
    for path in ("b.yaml", "root-more", "root-more/c.yaml"):
        with pytest.raises(UsageError, match="outside the project root"):
            found(root, str(tmp_path / path))


def test_files_that_are_no_files_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    make(tmp_path, "outside/x.yaml", "root/a.yaml", "root/sub/b.yaml")
    monkeypatch.chdir(root)
    os.mkfifo(root / "fifo.yaml")
    (root / "out.yaml").symlink_to("../outside/x.yaml")
    (root / "out").symlink_to("../outside")
    (root / "dangling.yaml").symlink_to("none.yaml")
    (root / "self.yaml").symlink_to("self.yaml")
    (root / "sub" / "loop").symlink_to("..")
    with (root / "huge.yaml").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.json")
        discovered = discover(root, ["."])
    assert discovered.files == ("a.yaml", "sub/b.yaml")
    said = notices(discovered)
    assert said.pop("dangling.yaml") == "it cannot be read: no such file or directory"
    assert said.pop("self.yaml").startswith("it cannot be read: too many levels")
    assert said == {
        "fifo.yaml": "it is not a regular file",
        "socket.json": "it is not a regular file",
        "out.yaml": "it leads outside the project root",
        "out": "it leads outside the project root",
        "huge.yaml": "it is larger than 64 MiB",
    }
    assert discover(root, ["fifo.yaml"]).files == ()


def test_links_do_not_make_files_appear_twice(tmp_path: Path) -> None:
    make(tmp_path, "real/a.yaml", "z/b.yaml", ".hidden/c.yaml")
    (tmp_path / "another").symlink_to("real")
    (tmp_path / "link.yaml").symlink_to("z/b.yaml")
    (tmp_path / "c.yaml").symlink_to("node_modules/c.yaml")
    make(tmp_path, "node_modules/c.yaml")
    assert found(tmp_path) == [".hidden/c.yaml", "c.yaml", "real/a.yaml", "z/b.yaml"]
    assert found(tmp_path, str(tmp_path / "another")) == ["real/a.yaml"]
    assert found(tmp_path, str(tmp_path / "link.yaml")) == ["link.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_folders_are_said(tmp_path: Path) -> None:
    make(tmp_path, "a/x.yaml", "b.yaml")
    (tmp_path / "a").chmod(0)
    discovered = discover(tmp_path, [str(tmp_path)])
    (tmp_path / "a").chmod(0o755)
    assert discovered.files == ("b.yaml",)
    assert notices(discovered) == {"a": "the folder cannot be read: permission denied"}


def test_names_that_are_no_text_are_said(tmp_path: Path) -> None:
    make(tmp_path, "a.yaml")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")).write_text("")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xfe")).mkdir()
    discovered = discover(tmp_path, [str(tmp_path)])
    assert discovered.files == ("a.yaml",)
    assert notices(discovered) == {"\ufffd": "its name is not UTF-8", "\ufffd.yaml": "its name is not UTF-8"}


def as_git(root: Path) -> list[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    if not (root / ".git").is_dir():
        subprocess.run([str(GIT), "init", "-q", str(root)], check=True, env=environment)
    command = [str(GIT), "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = (
        subprocess.run(command, check=True, capture_output=True, env=environment).stdout.decode().split("\0")
    )
    return sorted(name for name in listed if name.endswith((".yaml", ".yml", ".json")))


TREE = (
    "a.yaml",
    "b.yaml",
    "foo.json",
    "a/a.yaml",
    "a/b.yaml",
    "a/b/c.yaml",
    "a/b/foo/d.yaml",
    "b/a/a.yaml",
    "b/c.json",
    "foo/bar/a.yaml",
    "foo/bar/b.yml",
    "foo/a/b/c.yaml",
    "#x.yaml",
    "!y.yaml",
    "sp ace.yaml",
    "x[1].yaml",
    "build/out.yaml",
    "build/keep/k.yaml",
    "log/1.json",
)


@pytest.mark.skipif(GIT is None, reason="git is not installed")
def test_nested_ignore_files_mean_what_git_means(tmp_path: Path) -> None:
    make(tmp_path, *TREE)
    (tmp_path / ".gitignore").write_text(
        "# comment\n\n/build/*\n!/build/keep\n*.json\n!foo.json\nfoo/**/c.yaml\n\\#x.yaml\n\\!y.yaml\nsp ace.yaml  \nx\\[1].yaml\n"
    )
    (tmp_path / "a" / ".gitignore").write_text("*\n!*/\n!a.yaml\r\n!c.yaml\n")
    (tmp_path / "b" / ".gitignore").write_text("!c.json\n/a\n")
    expected = as_git(tmp_path)
    assert found(tmp_path) == expected
    assert "build/keep/k.yaml" in expected
    (tmp_path / ".git" / "info").mkdir(exist_ok=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("a.yaml\nfoo.json\n")
    assert found(tmp_path) == as_git(tmp_path)
    for folder in ("a", "a/b", "foo", "b"):
        assert found(tmp_path, str(tmp_path / folder)) == [
            name for name in as_git(tmp_path) if name.startswith(folder + "/")
        ]


pieces = st.sampled_from(
    [
        "a",
        "b",
        "foo",
        "*",
        "**",
        "?",
        "a*",
        "[ab]",
        "[!a]",
        "*.yaml",
        "c.yaml",
        "bar",
        "*.json",
        "build",
        "keep",
        "a.yaml",
        "[[:alpha:]]",
        "[]a-f]*",
        "[^[:digit:]b]",
        "[a",
        "\\a",
        "fo\\",
        "fo**",
        "**b",
        "***",
        "?.*",
    ]
)
lines = st.builds(
    lambda negated, anchored, parts, folder: (
        f"{'!' * negated}{'/' * anchored}{'/'.join(parts)}{'/' * folder}"
    ),
    st.booleans(),
    st.booleans(),
    st.lists(pieces, min_size=1, max_size=3),
    st.booleans(),
)


@pytest.mark.skipif(GIT is None, reason="git is not installed")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    top=st.lists(lines, max_size=5),
    below=st.dictionaries(
        st.sampled_from(["a", "a/b", "foo", "build"]), st.lists(lines, max_size=3), max_size=2
    ),
)
def test_any_ignore_files_mean_what_git_means(
    tmp_path: Path, top: list[str], below: dict[str, list[str]]
) -> None:
    make(tmp_path, *TREE)
    for folder in ("", "a", "a/b", "foo", "build"):
        patterns = top if not folder else below.get(folder, [])
        (tmp_path / folder / ".gitignore").write_text("\n".join(patterns) + "\n")
    assert found(tmp_path) == as_git(tmp_path)


def test_many_files_are_found_quickly(tmp_path: Path) -> None:
    for folder in range(100):
        (tmp_path / str(folder)).mkdir()
        for number in range(100):
            (tmp_path / str(folder) / f"{number}.{'yaml' if number % 2 else 'txt'}").touch()
    (tmp_path / ".gitignore").write_text("*.log\n/build\n**/cache/\n!keep\n")
    start = time.process_time()
    assert len(found(tmp_path)) == 5_000
    assert time.process_time() - start < 1.5
