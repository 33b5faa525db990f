"""Changes of data as changes of text: only what was meant, in the style of the text."""

import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from archlint.engine.edits import text_fixes
from archlint.engine.resolve import Workspace
from archlint.engine.texts import edited, encoded
from archlint.findings.problem import Edit, Fix
from archlint.source.location import Location
from archlint.source.parse import parse
from archlint.source.pointer import Pointer
from archlint.source.source import Source

_VALUES: tuple[Any, ...] = (
    "https://a.example/b", 5, 1.5, True, None, "yes", "1.0", "a: b", "x #y", "it's", "- z", 'q"q', "", "null", "é", "two\nlines", " a ",
    {"a": [1, "b,c"], "d": {}}, ["u", "v:w"],
)  # fmt: skip
_NAMES = ("renamed", "on", "two words", "1")
_LARGEST = 60_000


def change(
    text: str, pointer: Pointer, value: Any = None, *, kind: Any = "set", name: str = "a.yaml"
) -> str | None:
    """Return *text* with one change made; `None` when it is refused."""
    workspace = Workspace(Path("/nowhere"))
    source = Source(name, text.encode())
    workspace.add(source)
    fix = text_fixes([Fix("change", (Edit(kind, Location(name, pointer), value),))], workspace)[0]
    return None if fix is None else edited(text, fix.edits)


@pytest.mark.parametrize(
    ("before", "pointer", "value", "after"),
    [
        ("a: 1  # one\nb: 2\n", ("a",), 7, "a: 7  # one\nb: 2\n"),
        ("a: 'x'\n", ("a",), "it's", "a: 'it''s'\n"),
        ('a: "x"\n', ("a",), "y", 'a: "y"\n'),
        ("a: x\n", ("a",), "true", 'a: "true"\n'),
        ("a: x\n", ("a",), "b: c", 'a: "b: c"\n'),
        ("a:\nb: 1\n", ("a",), "x", "a: x\nb: 1\n"),
        ("a: [1, 2]\n", ("a",), {"k": "v"}, "a: {k: v}\n"),
        ("a: |\n  x\n  y\nb: 1\n", ("a",), "z", "a: z\nb: 1\n"),
        ("a:\n  b: 1\n", ("a", "c"), 2, "a:\n  b: 1\n  c: 2\n"),
        ("a:\n  b: 1 # one\n\n# more\nd: 2\n", ("a", "c"), 2, "a:\n  b: 1 # one\n  c: 2\n\n# more\nd: 2\n"),
        ("a:\r\n  b: 1\r\n", ("a", "c"), 2, "a:\r\n  b: 1\r\n  c: 2\r\n"),
        ("a: 1", ("b",), 2, "a: 1\nb: 2"),
        ("- a: 1\n- a: 2\n", (0, "b"), 3, "- a: 1\n  b: 3\n- a: 2\n"),
        ("a: {b: 1}\n", ("a", "c"), "x", "a: {b: 1, c: x}\n"),
        ("a: {}\n", ("a", "c"), 1, 'a: {"c": 1}\n'),
        ("a:\n- 1\n- 2\n", ("a", 2), 3, "a:\n- 1\n- 2\n- 3\n"),
        ("a: [1]\n", ("a", 1), 2, "a: [1, 2]\n"),
        ('{"a": {"b": 1}}', ("a", "c"), "x", '{"a": {"b": 1, "c": "x"}}'),
        ('{"a": 1}', ("a",), "x", '{"a": "x"}'),
        (
            '{\n  "a": {\n    "b": 1\n  }\n}\n',
            ("a", "c"),
            [1],
            '{\n  "a": {\n    "b": 1,\n    "c": [1]\n  }\n}\n',
        ),
    ],
)
def test_set(before: str, pointer: Pointer, value: Any, after: str) -> None:
    assert change(before, pointer, value) == after


@pytest.mark.parametrize(
    ("before", "pointer", "after"),
    [
        ("a: 1\nb: 2  # two\nc: 3\n", ("b",), "a: 1\nc: 3\n"),
        ("a: 1\nb:\n  c: 2\n", ("b",), "a: 1\n"),
        ("a: 1\nb: 2", ("b",), "a: 1"),
        ("- a: 1\n  b: 2\n", (0, "a"), "- b: 2\n"),
        ("- a: 1\n  b: 2\n", (0, "b"), "- a: 1\n"),
        ("- 1\n- 2\n- 3\n", (1,), "- 1\n- 3\n"),
        ("a: {b: 1, c: 2}\n", ("a", "b"), "a: {c: 2}\n"),
        ("a: {b: 1, c: 2}\n", ("a", "c"), "a: {b: 1}\n"),
        ("a: {b: 1}\n", ("a", "b"), "a: {}\n"),
        ("a: [1, 2]\n", ("a", 0), "a: [2]\n"),
        ('{\n  "a": 1,\n  "b": 2\n}\n', ("b",), '{\n  "a": 1\n}\n'),
    ],
)
def test_remove(before: str, pointer: Pointer, after: str) -> None:
    assert change(before, pointer, kind="remove") == after


@pytest.mark.parametrize(
    ("before", "pointer", "after"),
    [
        ("old: 1\n", ("old",), "new: 1\n"),
        ("'old': 1\n", ("old",), "'new': 1\n"),
        ('{"old": 1}', ("old",), '{"new": 1}'),
        ("a: {old: {b: 1}}\n", ("a", "old"), "a: {new: {b: 1}}\n"),
    ],
)
def test_rename(before: str, pointer: Pointer, after: str) -> None:
    assert change(before, pointer, "new", kind="rename") == after


@pytest.mark.parametrize(
    ("text", "pointer", "kind"),
    [
        ("a: &x {b: 1}\nc: *x\n", ("c", "b"), "set"),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}\n", ("c", "b"), "set"),
        ("a:\n  b: 1\n", ("a", "b"), "remove"),
        ("a:\n  b: 1\n", ("a",), "set"),
        ("a: 1\n", ("b", "c"), "set"),
        ("a: [1]\n", ("a", 4), "set"),
        ("a: 1\n", ("b",), "remove"),
    ],
)
def test_refused(text: str, pointer: Pointer, kind: str) -> None:
    assert change(text, pointer, 7, kind=kind) is None


def test_what_is_behind_an_alias_can_be_taken_away_with_it() -> None:
    assert change("a: &x {b: 1}\nc: *x\n", ("c",), kind="remove") == "a: &x {b: 1}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_encoding_stays(encoding: str) -> None:
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    source = Source("a.yaml", marks.get(encoding, b"") + "a: é\r\n".encode(encoding))
    assert encoded(source.text, source) == source.raw


def _pointers(data: Any) -> list[Pointer]:
    found: list[Pointer] = []
    pending: list[tuple[Pointer, Any]] = [((), data)]
    while pending:
        pointer, value = pending.pop()
        found.append(pointer)
        children = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        pending.extend(((*pointer, key), child) for key, child in children)
    return found


def _random_edit(data: Any, choose: random.Random) -> tuple[str, Pointer, Any, Any] | None:
    """Return a kind of edit, where, a value, and the data that it gives."""
    wanted = deepcopy(data)
    pointer = choose.choice(_pointers(data))
    node = wanted
    for key in pointer:
        node = node[key]
    if isinstance(node, dict) and node and choose.random() < 0.4:
        value = choose.choice(_VALUES)
        node["x-new"] = value
        return "set", (*pointer, "x-new"), value, wanted
    if isinstance(node, list) and node and choose.random() < 0.4:
        value = choose.choice(_VALUES)
        node.append(value)
        return "set", (*pointer, len(node) - 1), value, wanted
    if not pointer:
        return None
    holder: Any = wanted
    for key in pointer[:-1]:
        holder = holder[key]
    kind = choose.choice(("set", "remove", "rename"))
    if kind == "set":
        value = holder[pointer[-1]] = choose.choice(_VALUES)
        return kind, pointer, value, wanted
    if kind == "remove":
        del holder[pointer[-1]]
        return kind, pointer, None, wanted
    value = choose.choice(_NAMES)
    if not isinstance(holder, dict) or value in holder:
        return None
    entries = [(value if key == pointer[-1] else key, item) for key, item in holder.items()]
    holder.clear()
    holder.update(entries)
    return kind, pointer, value, wanted


@pytest.mark.parametrize("folder", ["openapi", "systems", "asyncapi"])
def test_only_what_was_meant_changes(shared: Path, folder: str) -> None:
    """Random changes of real files: refused, or exactly the change, and nothing else."""
    choose = random.Random(folder)
    files = [
        path
        for path in sorted((shared / "corpus" / folder).rglob("*"))
        if path.suffix in {".json", ".yaml", ".yml"} and path.is_file() and path.stat().st_size < _LARGEST
    ]
    made = 0
    for path in choose.sample(files, 60):
        source = Source(path.name, path.read_bytes())
        parsed = parse(source)
        if parsed.faults:
            continue
        for document in parsed.documents:
            for _ in range(4):
                edit = _random_edit(document.data, choose)
                if edit is None:
                    continue
                kind, pointer, value, wanted = edit
                workspace = Workspace(Path("/nowhere"))
                workspace.add(source)
                at = Location(source.path, pointer, document.index)
                fix = text_fixes([Fix("change", (Edit(kind, at, value),))], workspace)[0]  # type: ignore[arg-type]
                if fix is None:
                    continue
                after = parse(Source(source.path, encoded(edited(source.text, fix.edits), source)))
                assert not after.faults, (path, edit[:3])
                expected = [wanted if one is document else one.data for one in parsed.documents]
                assert [one.data for one in after.documents] == expected, (path, edit[:3])
                made += 1
    assert made > 100
